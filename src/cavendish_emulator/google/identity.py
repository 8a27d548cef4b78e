"""Who may ask Vertex AI: an OAuth token endpoint and a metadata server, and the tokens they gave.

Forms: https://developers.google.com/identity/protocols/oauth2/service-account and
https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys, checked 2026-11-24. The
signature of an assertion is not verified: the emulator has nobody's public key. An account whose
name begins with "deleted" is gone, and a refresh token "revoked" is revoked.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import pybase64
from aiohttp import web

from cavendish_emulator.faults.refusals import REFUSALS
from cavendish_emulator.google.errors import GoogleError, error_info

LIFE_S = 3599
ACCOUNT = "emulated@cavendish-emulator.iam.gserviceaccount.com"
PROJECT = "cavendish-emulator"
_SKEW_S = 300
_LONGEST_S = 3600
_ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FLAVOR = {"Metadata-Flavor": "Google"}
_JWT = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
_ROOT = "/computeMetadata/v1/"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Identity:
    """Gives tokens, and knows those it gave. `now_s` is the emulator's clock."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._ends: dict[str, float] = {}
        self.given = 0

    def routes(self) -> list[web.RouteDef]:
        """The token endpoint and the metadata server."""
        return [
            web.get("/_emulator/tokens", self.counted),
            web.post("/token", self.token),
            web.get("/", self.metadata),
            web.get(_ROOT + "{key:.*}", self.metadata),
            web.get(_ROOT[:-1], self.metadata),
        ]

    async def counted(self, _request: web.Request) -> web.Response:
        """How many tokens were given so far."""
        return web.json_response({"given": self.given})

    def issue(self) -> dict[str, Any]:
        """A new token as token endpoints give it."""
        token = f"ya29.emulated-{secrets.token_urlsafe(48)}"
        self._ends[token] = self._now_s() + LIFE_S
        self.given += 1
        return {"access_token": token, "expires_in": LIFE_S, "token_type": "Bearer"}

    def check(self, authorization: str) -> None:
        """Raises `GoogleError` 401 unless the header holds a token that is good now."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise REFUSALS["credentials_missing"].build("", {})
        ends = self._ends.get(token)
        if ends is None or ends <= self._now_s():
            reason = "ACCESS_TOKEN_TYPE_UNSUPPORTED" if ends is None else "ACCESS_TOKEN_EXPIRED"
            error: GoogleError = REFUSALS["unauthenticated"].build("", {})
            service = {"service": "aiplatform.googleapis.com"}
            raise GoogleError(401, error.message, [error_info(reason, **service)])

    async def token(self, request: web.Request) -> web.Response:
        """The token endpoint: a signed assertion or a refresh token for an access token."""
        form = await request.post()
        kind = str(form.get("grant_type"))
        if kind == _ASSERTION:
            said = _claims(str(form.get("assertion", "")))
            if said is None:
                return _refused("invalid_grant", "Invalid JWT Signature.")
            if str(said.get("iss")).startswith("deleted"):
                return _refused("invalid_grant", "Invalid grant: account not found")
            now_s, made_s, ends_s = self._now_s(), said.get("iat", 0), said.get("exp", 0)
            timely = -_LONGEST_S - _SKEW_S < made_s - now_s < _SKEW_S
            if not timely or ends_s - made_s > _LONGEST_S:
                return _refused("invalid_grant", _JWT)
            return web.json_response(self.issue())
        if kind == "refresh_token":
            if form.get("refresh_token") == "revoked":
                return _refused("invalid_grant", "Token has been expired or revoked.")
            return web.json_response(self.issue())
        return _refused("unsupported_grant_type", f"Invalid grant_type: {kind}")

    async def metadata(self, request: web.Request) -> web.Response:
        """The metadata server of a machine on Google Cloud, as far as credentials go."""
        if request.headers.get("Metadata-Flavor") != "Google":
            raise web.HTTPNotFound
        if "key" not in request.match_info:
            return _told("computeMetadata/\n")
        key = request.match_info["key"].rstrip("/")
        account = f"instance/service-accounts/{ACCOUNT}"
        key = key.replace("instance/service-accounts/default", account)
        told: dict[str, Any] = {
            "": "instance/\nproject/\nuniverse/\n",
            "instance": "id\nservice-accounts/\nzone\n",
            "instance/id": "1",
            "instance/zone": "projects/1/zones/us-central1-a",
            "instance/service-accounts": f"default/\n{ACCOUNT}/\n",
            "project": "numeric-project-id\nproject-id\n",
            "project/numeric-project-id": "1",
            "project/project-id": PROJECT,
            "universe/universe-domain": "googleapis.com",
            account: {"aliases": ["default"], "email": ACCOUNT, "scopes": [_SCOPE]},
            f"{account}/email": ACCOUNT,
            f"{account}/scopes": f"{_SCOPE}\n",
        }
        if key == f"{account}/token":
            return web.json_response(self.issue(), headers=_FLAVOR)
        if key not in told:
            raise web.HTTPNotFound(headers=_FLAVOR)
        if isinstance(told[key], str):
            return _told(told[key])
        return web.json_response(told[key], headers=_FLAVOR)


def _told(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/text", headers=_FLAVOR)


def _claims(assertion: str) -> dict[str, Any] | None:
    """What a JWT claims, or nothing where it is none."""
    parts = assertion.split(".")
    if len(parts) != 3 or not parts[2]:
        return None
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        said = json.loads(pybase64.urlsafe_b64decode(padded))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _refused(error: str, said: str) -> web.Response:
    return web.json_response({"error": error, "error_description": said}, status=400)
