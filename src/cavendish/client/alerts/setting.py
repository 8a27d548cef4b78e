"""What people set about alerts: `alert_*` in the configuration files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cavendish.channels.way import is_here
from cavendish.core.errors import SettingsError
from cavendish.core.guess import did_you_mean
from cavendish.core.money import Money
from cavendish.insight.alerts.alert import Rules

PREFIX = "alert_"
COUNTS: Mapping[str, range] = {
    "alert_high_percent": range(100, 1001),
    "alert_spread": range(1, 101),
    "alert_history_days": range(7, 91),
    "alert_history_least": range(3, 91),
    "alert_error_percent": range(1, 101),
}
OWN = ("alert_webhook", "alert_secret_env", "alert_command")
"""A working folder may be somebody else's: it must not say what runs here, or who is told."""

NAMES = ("alert_percent", "alert_floor_usd", *COUNTS, *OWN)


@dataclass(frozen=True, slots=True)
class Alerting:
    """When to alert, and by which ways beside the log. The address may hold a secret."""

    rules: Rules = field(default_factory=Rules)
    webhook: str | None = field(default=None, repr=False)
    secret_env: str | None = None
    command: tuple[str, ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Alerting:
        """From entries without `faults`, by their names in the files."""
        rules: dict[str, Any] = {
            name.removeprefix(PREFIX): said[name] for name in COUNTS if name in said
        }
        if "alert_percent" in said:
            rules["percent"] = tuple(sorted(said["alert_percent"]))
        if "alert_floor_usd" in said:
            rules["floor"] = Money.parse(str(said["alert_floor_usd"]))
        return cls(
            Rules(**rules),
            said.get("alert_webhook"),
            said.get("alert_secret_env"),
            tuple(said.get("alert_command", ())),
        )

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways that can fail, and are tried again."""
        found = (("webhook", self.webhook), ("command", self.command))
        return tuple(name for name, said in found if said)

    def troubles(self, env: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """What keeps a way from working: the setting, what is wrong, the next step."""
        if self.command:
            program = Path(self.command[0])
            if not program.is_file():
                yield "alert_command", f"{program} is not there", "install it, or mend the setting"
            elif not os.access(program, os.X_OK):
                yield "alert_command", f"{program} cannot be run", f"chmod +x {program}"
        if self.secret_env is not None and not env.get(self.secret_env):
            said = f"{self.secret_env} is not set, so no webhook is told"
            yield "alert_secret_env", said, f"export {self.secret_env}=..."
        if self.secret_env is not None and self.webhook is None:
            said = "a secret signs webhooks, and there is no alert_webhook"
            yield "alert_secret_env", said, "set alert_webhook, or take the secret out"


def fault(path: Path, name: str, value: object) -> SettingsError | None:
    """What is wrong with an entry, never with its value where that may be a secret."""
    if name not in NAMES:
        step = f"{did_you_mean(name, NAMES)}known: {', '.join(NAMES)}"
        return SettingsError(f"{path}: there is no setting {name!r}", next_step=step)
    if name in OWN and path.name == "cavendish.toml":
        return SettingsError(
            f"{path}: {name} is taken from your own config.toml only: a folder that somebody gave "
            "you must not say what runs here, or who is told",
            next_step="move it to ~/.config/cavendish/config.toml",
        )
    wanted = _wanted(name, value)
    if wanted is None:
        return None
    return SettingsError(f"{path}: {name} must be {wanted}", next_step="mend the file")


def _wanted(name: str, value: object) -> str | None:
    """What the value should be, or None where it is."""
    if name in COUNTS:
        fits = type(value) is int and value in COUNTS[name]
        return None if fits else f"{COUNTS[name][0]} to {COUNTS[name][-1]}"
    listed = value if isinstance(value, list) else []
    if name == "alert_percent":
        whole = listed == value and all(type(one) is int and 1 <= one <= 100 for one in listed)
        return None if whole else "a list of whole numbers from 1 to 100, such as [50, 80, 100]"
    if name == "alert_floor_usd":
        return None if _is_money(value) else 'an amount in USD, such as "5" or "0.50"'
    if name == "alert_webhook":
        return None if is_webhook(value) else (
            "an address with https (or http on this machine), without a user"
        )  # fmt: skip
    if name == "alert_secret_env":
        named = isinstance(value, str) and value.isidentifier()
        return None if named else "the name of an environment variable, such as ALERT_SECRET"
    texts = all(isinstance(one, str) and "\0" not in one for one in listed)
    full = listed and texts and Path(listed[0]).is_absolute()
    return None if full else (
        'a list that begins with the full path of a program, such as ["/usr/local/bin/tell", "-v"]'
    )  # fmt: skip


def _is_money(value: object) -> bool:
    try:
        return isinstance(value, str | int) and Money.parse(str(value)).nanos >= 0
    except ValueError:
        return False


def is_webhook(value: object) -> bool:
    """Whether alerts can be posted there: over TLS, or on this machine."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - a port that is none raises
    except ValueError:
        return False
    if " " in value or "@" in parts.netloc or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_here(parts.hostname))
