"""What the environment says of Vertex AI: whose project, where, and with which credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cavendish.catalog.loader import find_channel
from cavendish.core.errors import InvalidRequest, SettingsError
from cavendish.core.model import GLOBAL, ChannelFacts, Model

ASKED = "GOOGLE_GENAI_USE_VERTEXAI"
KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
PROJECTS = ("GOOGLE_CLOUD_PROJECT", "GCP_PROJECT")
LOCATION = "GOOGLE_CLOUD_LOCATION"
NAMES = (KEY_FILE, *PROJECTS)
_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]{0,99}", re.ASCII)
_WELL_KNOWN = "application_default_credentials.json"
"""What gcloud writes, in its own folder. Source:
https://cloud.google.com/docs/authentication/application-default-credentials, checked 2026-11-24."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks: a credential file, or None for what google-auth finds on this machine."""

    project: str
    file: str | None


def placed(
    facts: ChannelFacts, env: Mapping[str, str]
) -> tuple[ChannelFacts, Account | None, tuple[str, ...]]:
    """The channel with project and location in its path, who asks there, and what to say of it.

    Without a project a key is an express-mode key, and there is no account.

    Raises: SettingsError naming what is missing, UnknownChannel for a location that cannot be one.
    """
    assert facts.locations is not None
    where = env.get(LOCATION, "").strip()
    if "@" not in facts.name and where:
        facts = find_channel(f"{facts.name}@{where}")
    said = {name: env[name].strip() for name in PROJECTS if env.get(name, "").strip()}
    if not said:
        return _keyed(facts, env), None, ()
    name, project = next(iter(said.items()))
    if not _PROJECT.fullmatch(project):
        raise SettingsError(
            f"{name}: cannot be a project's id", next_step="gcloud projects list shows the ids"
        )
    notices = []
    if len(set(said.values())) > 1:
        notices.append(f"{' and '.join(said)} differ; {name} is used")
    if any(env.get(key) for key in facts.key_env):
        notices.append(f"{facts.key_env[0]} is not used: {name} is set, so tokens are fetched")
    path = facts.path.replace("{project}", project).replace("{location}", facts.location)
    return replace(facts, path=path), Account(project, _file(env)), tuple(notices)


def without_location(env: Mapping[str, str]) -> Mapping[str, str]:
    """The same environment, for a channel whose location was said with its name."""
    return {name: value for name, value in env.items() if name != LOCATION}


def is_ready(env: Mapping[str, str]) -> bool:
    """Whether a project and its credentials are said: it may stand in for the Gemini API."""
    try:
        return any(env.get(name, "").strip() for name in PROJECTS) and _file(env) is not None
    except SettingsError:
        return False


def _keyed(facts: ChannelFacts, env: Mapping[str, str]) -> ChannelFacts:
    """The channel in express mode. Raises: SettingsError where it is not that, either."""
    assert facts.locations is not None
    needs = f"export {PROJECTS[0]}=YOUR_PROJECT"
    if KEY_FILE in env or not any(name in env for name in facts.key_env):
        why = f"{KEY_FILE} is set" if KEY_FILE in env else f"channel {facts.name} was chosen"
        why = f"{ASKED} asks for Vertex AI" if env.get(ASKED) else why
        raise SettingsError(
            f"{why}, and {PROJECTS[0]} is not set",
            next_step=f"run: {needs} (or set GEMINI_API_KEY and name --channel gemini; "
            "--channel offline is for drafts)",
        )
    if facts.location != GLOBAL:
        raise SettingsError(
            f"channel {facts.name}: a key without a project is served at {GLOBAL} only",
            next_step=f"unset {LOCATION}, or run: {needs}",
        )
    return replace(facts, path=facts.locations.keyed_path)


def _file(env: Mapping[str, str]) -> str | None:
    if KEY_FILE in env:
        file = env[KEY_FILE].strip()
        if not file or file.startswith("{") or not file.isprintable():
            raise SettingsError(
                f"{KEY_FILE}: must be the name of a credential file",
                next_step="name the file, or unset it (cavendish doctor looks it over)",
            )
        return str(Path(file).expanduser())
    folder = env.get("CLOUDSDK_CONFIG") or Path(env.get("HOME") or "~", ".config/gcloud")
    gcloud = Path(folder).expanduser() / _WELL_KNOWN
    return str(gcloud) if gcloud.is_file() else None


def check_location(model: Model, facts: ChannelFacts) -> None:
    """Raises: InvalidRequest for a model that is not where the channel asks."""
    if facts.location != GLOBAL and facts.surface not in model.sheets:
        raise InvalidRequest(
            "location",
            f"{model.id} is served by {facts.title} at {GLOBAL} only, not at {facts.location}",
            accepts=(GLOBAL,),
        )
