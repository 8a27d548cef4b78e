"""Which credentials there are and what each is missing. Values are looked at and never shown."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cavendish.catalog.loader import LOCATION as PLACE
from cavendish.catalog.loader import channels
from cavendish.catalog.setup import ways
from cavendish.channels.google_tokens import google_auth_is_there
from cavendish.core.model import ChannelFacts
from cavendish.insight.doctor import Check, WayIn

KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
PROJECT = ("GOOGLE_CLOUD_PROJECT", "GCP_PROJECT")
LOCATION = "GOOGLE_CLOUD_LOCATION"
EXPRESS_KEY = "GOOGLE_API_KEY"
ON = {"1", "true"}
OFF = {"", "0", "false"}
KEY_FILE_BYTES = 100_000
NEEDED: Mapping[str, tuple[str, ...]] = {
    "service_account": ("client_email", "private_key", "token_uri"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
    "external_account": ("audience", "subject_token_type", "token_url"),
    "impersonated_service_account": ("service_account_impersonation_url", "source_credentials"),
}
"""Fields of each kind of credential file. Source:
https://cloud.google.com/docs/authentication/application-default-credentials, checked 2026-11-24."""
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


def key_names(known: Mapping[str, ChannelFacts] | None = None) -> tuple[str, ...]:
    """Every variable that may hold a key, the channels' own first."""
    found = (known or channels()).values()
    own = [name for channel in found for name in channel.key_env]
    others = [name for way in ways().values() for name in way.variables if name.endswith("_KEY")]
    return tuple(dict.fromkeys((*own, *others)))


def keys(env: Mapping[str, str], known: Mapping[str, ChannelFacts]) -> Iterator[Check]:
    """Each key that is set: whether it can be one, and which of two wins."""
    for name in key_names(known):
        if name in env:
            problem = _spoilt(env[name])
            yield Check(
                "credentials", name, "problem" if problem else "ok", problem or "is set",
                f"set {name} to the key alone, or unset it" if problem else "",
            )  # fmt: skip
    for channel in known.values():
        found = [name for name in channel.key_env if name in env]
        if len({env[name] for name in found}) > 1:
            yield Check(
                "credentials", found[0], "note",
                f"{' and '.join(found)} differ; {found[0]} is used",
                f"unset {found[0]} or {found[1]}",
            )  # fmt: skip


def _spoilt(value: str) -> str:
    """What keeps a value from being a key, or nothing. No prefix is asked for: they change."""
    if not value:
        return "is set and empty"
    if not value.strip():
        return "holds only blanks"
    if "\n" in value or "\r" in value:
        return "holds a line break"
    if value[0] in "'\"“”‘’" or value[-1] in "'\"“”‘’":
        return "has quotes around it"
    if value != value.strip() or " " in value or "\t" in value:
        return "holds blanks"
    if not value.isascii() or not value.isprintable():
        return "holds characters no key has"
    if value.startswith("{"):
        return "holds a whole JSON document, not a key"
    if value.upper() in {"{KEY}", "...", "KEY", "YOUR_API_KEY", "YOUR-API-KEY", "CHANGEME"}:
        return "still holds the placeholder"
    return ""


def vertex(env: Mapping[str, str], home: Path) -> Iterator[Check]:
    """What is set for Vertex AI, and what of it is half done."""
    said = env.get("GOOGLE_GENAI_USE_VERTEXAI", "")
    if said.lower() not in ON | OFF:
        yield Check(
            "credentials", "GOOGLE_GENAI_USE_VERTEXAI", "problem", "is neither true nor false",
            "export GOOGLE_GENAI_USE_VERTEXAI=true, or unset it",
        )  # fmt: skip
    project = any(env.get(name) for name in PROJECT)
    if said.lower() in ON and not project and (KEY_FILE in env or not env.get(EXPRESS_KEY)):
        yield Check(
            "credentials", "GOOGLE_GENAI_USE_VERTEXAI", "problem",
            f"asks for Vertex AI, and {PROJECT[0]} is not set",
            f"export {PROJECT[0]}=..., or unset GOOGLE_GENAI_USE_VERTEXAI",
        )  # fmt: skip
    elif KEY_FILE in env and not project:
        yield Check(
            "credentials", PROJECT[0], "problem", f"is not set, and {KEY_FILE} is",
            f"export {PROJECT[0]}=..., or unset {KEY_FILE}",
        )  # fmt: skip
    if env.get(LOCATION) and not PLACE.fullmatch(env[LOCATION].strip()):
        yield Check(
            "credentials", LOCATION, "problem", "cannot be a location",
            f"export {LOCATION}=global, or a region such as us-central1",
        )  # fmt: skip
    if project and not google_auth_is_there():
        yield Check(
            "credentials", "google-auth", "problem", "is not installed, and Vertex AI needs it",
            "pip install 'cavendish[google]'",
        )  # fmt: skip
    if KEY_FILE in env:
        yield _key_file(env[KEY_FILE])
    elif _has_gcloud(home):
        yield Check("credentials", "gcloud", "ok", "application default credentials are there")


def _has_gcloud(home: Path) -> bool:
    path = home / ".config" / "gcloud" / "application_default_credentials.json"
    return os.access(path, os.R_OK)  # unlike `exists`, no error where a folder is closed to us


def _key_file(value: str) -> Check:
    """The file that is named. The name is not shown: some put the key itself there."""

    def problem(said: str, step: str) -> Check:
        return Check("credentials", KEY_FILE, "problem", said, step)

    if not value.strip():
        return problem("is set and empty", f"name the JSON key file, or unset {KEY_FILE}")
    if value.lstrip().startswith("{") or "\n" in value or len(value) > 4096:
        return problem(
            "holds a document; it must be the name of a file",
            "save it in a file with chmod 600 and name that",
        )
    try:
        path = Path(value).expanduser()
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return problem("names something that is no file", "name the JSON key file")
        with path.open("rb") as file:
            content = file.read(KEY_FILE_BYTES + 1)
    except FileNotFoundError:
        return problem("names a file that is not there", "mend the name, or create the key anew")
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no file name"
        return problem(f"names a file that cannot be read: {why}", "chmod 600 it, owned by you")
    try:
        data = json.loads(content) if len(content) <= KEY_FILE_BYTES else None
    except (ValueError, RecursionError):
        data = None
    kind = data.get("type") if isinstance(data, dict) else None
    wrong = _wrong_key_file(data, kind)
    if wrong:
        return problem(wrong, "create a JSON key: the steps of Vertex AI below")
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        return problem("names a key file that others can read", f'chmod 600 "${KEY_FILE}"')
    return Check("credentials", KEY_FILE, "ok", f"names a file of type {kind}")


def _wrong_key_file(data: Any, kind: Any) -> str:
    if not isinstance(data, dict):
        return "names a file that is no JSON object"
    if not isinstance(kind, str) or kind not in NEEDED:
        return "names a JSON file that is no credential (its type is none of these: " + (
            ", ".join(NEEDED) + ")"
        )
    lacks = [name for name in NEEDED[kind] if not data.get(name)]
    return f"names a {kind} file without {', '.join(lacks)}" if lacks else ""


def ways_in(env: Mapping[str, str], home: Path) -> tuple[WayIn, ...]:
    """Every way to pictures with the variables it still lacks."""
    found = []
    for way in ways().values():
        lacks = [name for name in way.variables if not env.get(name, "").strip()]
        if way.name == "gemini" and env.get("GOOGLE_API_KEY", "").strip():
            lacks = []
        if way.name == "vertex":
            if env.get(PROJECT[1]):
                lacks = [name for name in lacks if name != PROJECT[0]]
            lacks = [name for name in lacks if name != LOCATION]  # global, unless said
            if _has_gcloud(home):
                lacks = [name for name in lacks if name != KEY_FILE]
        found.append(WayIn(way, tuple(lacks)))
    return tuple(found)


def proxies(env: Mapping[str, str]) -> Iterator[Check]:
    """Proxies in the environment, by name only: their addresses hold passwords."""
    found = [name for name in env if name.upper() in PROXIES and env[name]]
    if found:
        yield Check(
            "credentials", "proxy", "note",
            f"{', '.join(sorted(found))} is set: other programs go through it",
            "unset it if that is not meant",
        )  # fmt: skip
