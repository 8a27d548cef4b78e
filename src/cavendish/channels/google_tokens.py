"""OAuth tokens for Google Cloud: found and refreshed by google-auth, over our own network.

google-auth reads the credentials and speaks to the token endpoint; the request itself is made by
`Net`, so that proxies, authorities and deadlines are the same as for everything else.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cavendish.catalog.error_rows import error_rows
from cavendish.channels.way import is_here
from cavendish.core.errors import CavendishError, SettingsError
from cavendish.core.ports import Net
from cavendish.core.secret import Secret
from cavendish.wire.gemini.fault import clean

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
FETCH_TIMEOUT_S: Final = 15.0
"""One request to a token endpoint; google-auth tries again by itself."""

TOKEN_TIMEOUT_S: Final = 60.0
"""All of them together."""

ANSWER_BYTES: Final = 256 * 1024
_ACCOUNT: Final = re.compile(r"[\w.-]+@[\w.-]+", re.ASCII)
_LACKS: Final = re.compile(r"missing fields ([a-z_]+(?:, [a-z_]+)*)", re.ASCII)
INSTALL: Final = "pip install 'cavendish[google]'"


@dataclass(frozen=True, slots=True)
class _Problem:
    """Why there is no token: a row of the table of errors, and what happened. Every waiter gets an
    error of its own."""

    row: str
    message: str

    def error(self) -> CavendishError:
        row = error_rows()[self.row]
        return row.kind(
            self.message, next_step=row.next_step, billed=False, scope=row.scope,
            docs_url=row.docs_url, details={"row": row.name},
        )  # fmt: skip


class GoogleTokens:
    """The tokens of one account for one host; one refresh serves everybody who waits.

    `file` is a credential file; without one google-auth looks where it looks by default: gcloud's
    own, then the machine's metadata server. A token is renewed some minutes before it ends; where
    that fails, the old one is used as long as it lives.
    """

    def __init__(self, file: str | None, *, project: str, host: str, net: Net) -> None:
        """Raises: SettingsError when google-auth is not installed."""
        require_google_auth()
        self._file, self._project, self._host, self._net = file, project, host, net
        self._credentials: Any = None
        self._secret: Secret | None = None
        self._renewing: asyncio.Task[Secret | _Problem] | None = None

    async def current(self, timeout_s: float) -> Secret:
        """A token that is good now, within `timeout_s` and never later than TOKEN_TIMEOUT_S.

        Raises: SettingsError, AuthenticationError, ConnectionFailed; nothing has been sent then.
        """
        if self._secret is not None and self._credentials.valid:
            return self._secret
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.get_running_loop().create_task(self._renew())
        limit_s = max(0.0, min(timeout_s, TOKEN_TIMEOUT_S))
        try:
            async with asyncio.timeout(limit_s):
                found = await asyncio.shield(self._renewing)
        except TimeoutError:
            found = _Problem("no-token", f"no access token came within {limit_s:.0f} s")
        if isinstance(found, _Problem):
            raise found.error()
        return found

    def spent(self, secret: Secret) -> None:
        """The service no longer takes this token; if it is the newest, another is fetched."""
        if self._secret is secret:
            self._secret = None

    def advice(self, step: str) -> str:
        """A next step with the names in it that are known here: the project, and who asks."""
        account = getattr(self._credentials, "service_account_email", None) or ""
        if _ACCOUNT.fullmatch(account):
            step = step.replace("ACCOUNT_EMAIL", account)
        return step.replace("PROJECT_ID", self._project)

    @property
    def headers(self) -> dict[str, str]:
        """What goes beside the token: the project that a person's own account is counted on."""
        project = getattr(self._credentials, "quota_project_id", None)
        return {"x-goog-user-project": project} if project else {}

    async def _renew(self) -> Secret | _Problem:
        problem = await asyncio.to_thread(self._refresh, _Request(self._net))
        if problem is None:
            self._secret = Secret(self._credentials.token, host=self._host)
        elif self._secret is None or self._credentials.expiry is None or self._is_over():
            return problem
        return self._secret

    def _is_over(self) -> bool:
        from google.auth.credentials import TokenState

        return bool(self._credentials.token_state is TokenState.INVALID)

    def _refresh(self, request: _Request) -> _Problem | None:
        """Finds the credentials the first time, and has a token fetched. Blocks."""
        from google.auth.exceptions import RefreshError, TransportError

        try:
            if self._credentials is None:
                found = _load(self._file, request)
                if not str(getattr(found, "quota_project_id", None)).isprintable():
                    raise _NoProject
                self._credentials = found
            self._credentials.refresh(request)
        except (RefreshError, TransportError) as error:
            words = error.args[0] if error.args else type(error).__name__
            said = clean(str(words[0] if isinstance(words, tuple) and words else words))
            return _problem(said, passing=error.retryable or isinstance(error, TransportError))
        except Exception as error:  # noqa: BLE001 - whatever a strange file does to it, nothing was sent
            if self._file is None:
                said = "no Google credentials were found on this machine"
            else:
                said = f"the Google credential file cannot be used: {_why(error)}"
            return _Problem("no-google-credentials", said)
        return None


def google_auth_is_there() -> bool:
    """Whether google-auth is installed; it is not loaded."""
    try:
        return importlib.util.find_spec("google.auth") is not None
    except ModuleNotFoundError:
        return False


def require_google_auth() -> None:
    """Raises: SettingsError with the command that installs google-auth."""
    if not google_auth_is_there():
        raise SettingsError(
            "Vertex AI needs google-auth, which is not installed", next_step=f"run: {INSTALL}"
        )


def _load(file: str | None, request: _Request) -> Any:
    import google.auth

    if file is None:
        return google.auth.default(scopes=[SCOPE], request=request)[0]  # type: ignore[arg-type]
    data = json.loads(Path(file).read_text("utf-8-sig"))
    if data["type"] == "service_account":
        from google.oauth2 import service_account

        return service_account.Credentials.from_service_account_info(data, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    if data["type"] == "authorized_user":
        from google.oauth2 import credentials

        return credentials.Credentials.from_authorized_user_info(data, [SCOPE])  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():  # it warns of files that others wrote; this one the user named
        warnings.simplefilter("ignore", DeprecationWarning)
        return google.auth.load_credentials_from_dict(data, scopes=[SCOPE], request=request)[0]  # type: ignore[no-untyped-call]


class _NoProject(ValueError):
    """A project's id with characters that no header takes."""


def _why(error: Exception) -> str:
    """What is wrong with a credential file, without a word of what stands in it."""
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "it is not JSON"
    if isinstance(error, _NoProject):
        return "its quota_project_id is no project's id"
    if isinstance(error, KeyError | TypeError):
        return "it holds no credential, whose type is service_account or another of Google's"
    if lacks := _LACKS.search(str(error)):
        return f"it lacks {lacks[1]}"
    if "valid type" in str(error):
        return "its type is none of Google's"
    if isinstance(error, ValueError):
        return "its private_key cannot be read; it must be PEM as Google wrote it"
    return type(error).__name__


def _problem(said: str, *, passing: bool) -> _Problem:
    """What a token endpoint's refusal means. Its words are those of RFC 6749, section 5.2, and of
    https://developers.google.com/identity/protocols/oauth2/service-account#error-codes, checked
    2026-11-24."""
    if "invalid_grant" in said and "iat and exp" in said:
        return _Problem("clock-skew", f"Google refuses to give a token: {said}")
    if passing:
        return _Problem("no-token", f"no access token could be fetched: {said}")
    return _Problem("token-refused", f"Google refuses to give a token: {said}")


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer as google-auth reads it."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Request:
    """google-auth's door to the network. It is called on a thread and asks on the loop."""

    def __init__(self, net: Net) -> None:
        self._net, self._loop = net, asyncio.get_running_loop()

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: object,
    ) -> _Answer:
        from google.auth.exceptions import TransportError

        parts = urlsplit(url)
        plain = parts.scheme != "https" and not is_here(parts.hostname or "")
        if plain and (method != "GET" or "metadata-flavor" not in (headers or {})):
            raise TransportError("a token endpoint must be reached over https")  # type: ignore[no-untyped-call]
        sent = body.encode() if isinstance(body, str) else body
        limit_s = min(timeout or FETCH_TIMEOUT_S, FETCH_TIMEOUT_S)
        asking = self._ask(url, method, sent or b"", headers or {}, limit_s)
        try:
            return asyncio.run_coroutine_threadsafe(asking, self._loop).result()
        except CavendishError as error:
            said = error.message
        raise TransportError(said)  # type: ignore[no-untyped-call]

    async def _ask(
        self, url: str, method: str, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> _Answer:
        if method == "GET":
            asked = self._net.get(url, headers=headers, timeout_s=timeout_s)
        else:
            asked = self._net.post(url, headers=headers, body=body, timeout_s=timeout_s)
        async with asked as incoming:
            data = bytearray()
            async for chunk in incoming.chunks():
                data += chunk
                if len(data) > ANSWER_BYTES:
                    break
            return _Answer(incoming.status, incoming.headers, bytes(data[:ANSWER_BYTES]))
