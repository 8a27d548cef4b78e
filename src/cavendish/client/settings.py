"""Settings: flags > environment > cavendish.toml > the user's config.toml. Unknown names refuse."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from cavendish.core.errors import SettingsError

PREFIX = "CAVENDISH_"
KNOWN = ("CAVENDISH_HOME", "CAVENDISH_JOURNAL", "CAVENDISH_OFFLINE_URL")
# Kubernetes injects these for a service called "cavendish"; they are not ours.
# Source: https://kubernetes.io/docs/concepts/services-networking/service/, checked 2026-11-22.
INJECTED = re.compile(r"CAVENDISH_(SERVICE_|PORT)")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a client takes from its surroundings. Times in seconds.

    `environment` is a copy: the process's own is read once, when the client is made.
    """

    environment: Mapping[str, str] = field(repr=False)  # it holds the keys
    home: Path
    journal: Path
    offline_url: str | None = None
    channel: str | None = None
    model: str | None = None
    project: str = "default"
    output: str = "./generated"
    timeout_s: float | None = None
    retries: int = 3

    @classmethod
    def load(
        cls, environment: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> Settings:
        """Reads the environment and both configuration files.

        Raises: SettingsError for an unknown name, a wrong type or an unreadable file.
        """
        env = dict(os.environ if environment is None else environment)
        _refuse_unknown(env)
        user = Path(
            env.get("XDG_CONFIG_HOME") or Path(env.get("HOME", "~")).expanduser() / ".config"
        )
        configured: dict[str, Any] = {}
        for path in (
            user / "cavendish" / "config.toml",
            (folder or Path.cwd()) / "cavendish.toml",
        ):
            configured |= _configuration(path)
        home = Path(env.get("CAVENDISH_HOME") or _default_home(env)).expanduser().absolute()
        found = cls(
            environment=env,
            home=home,
            journal=_journal(env, home),
            offline_url=env.get("CAVENDISH_OFFLINE_URL"),
        )
        return replace(found, **configured)


CONFIGURABLE: Mapping[str, tuple[type, ...]] = {
    "channel": (str,),
    "model": (str,),
    "project": (str,),
    "output": (str,),
    "timeout_s": (int, float),
    "retries": (int,),
}
assert set(CONFIGURABLE) <= {one.name for one in fields(Settings)}


def _default_home(env: Mapping[str, str]) -> Path:
    data = env.get("XDG_DATA_HOME") or Path(env.get("HOME", "~")).expanduser() / ".local/share"
    return Path(data) / "cavendish"


def _journal(env: Mapping[str, str], home: Path) -> Path:
    said = env.get("CAVENDISH_JOURNAL")
    if not said:
        return home / "journal.db"
    if "://" in said:
        raise SettingsError(
            "CAVENDISH_JOURNAL: this version keeps its journal in a SQLite file, not at a URL",
            next_step="set it to a file name, or unset it",
        )
    return Path(said).expanduser().absolute()


def _refuse_unknown(env: Mapping[str, str]) -> None:
    for name in sorted(env):
        if name.startswith(PREFIX) and name not in KNOWN and not INJECTED.match(name):
            near = difflib.get_close_matches(name, KNOWN, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise SettingsError(
                f"{name}: there is no such setting",
                next_step=f"{hint}known: {', '.join(KNOWN)}; unset it",
            )


def _configuration(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):  # some accounts have /dev/null as their home
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}", next_step="mend the file") from error
    for name, value in found.items():
        if name not in CONFIGURABLE:
            near = difflib.get_close_matches(name, CONFIGURABLE, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise SettingsError(
                f"{path}: there is no setting {name!r}",
                next_step=f"{hint}known: {', '.join(CONFIGURABLE)}",
            )
        if not isinstance(value, CONFIGURABLE[name]) or isinstance(value, bool):
            wanted = " or ".join(kind.__name__ for kind in CONFIGURABLE[name])
            raise SettingsError(f"{path}: {name} must be {wanted}", next_step="mend the file")
    return found
