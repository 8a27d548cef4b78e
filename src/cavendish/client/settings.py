"""Settings: flags > environment > cavendish.toml > the user's config.toml. Unknown names refuse."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from cavendish.catalog.loader import DEFAULT_MODEL, channels
from cavendish.channels.way import is_here
from cavendish.client.alerts import setting
from cavendish.client.alerts.setting import Alerting
from cavendish.client.channels import pools
from cavendish.client.channels.own import own_channels
from cavendish.core.errors import SettingsError
from cavendish.core.guess import did_you_mean
from cavendish.core.model import ChannelFacts
from cavendish.store.address import PostgresAddress

PREFIX = "CAVENDISH_"
PREFERENCES = ("ordered", "cheapest", "fastest")
"""Which of several channels is asked first."""
CACHING = ("on", "off", "refresh")
"""Whether what was bought before is found: yes; no, and what comes is nobody's either; no, and what
comes takes its place."""
KNOWN = ("CAVENDISH_HOME", "CAVENDISH_JOURNAL", "CAVENDISH_BLOBS", "CAVENDISH_OFFLINE_URL")
# Kubernetes injects these for a service called "cavendish"; they are not ours.
# Source: https://kubernetes.io/docs/concepts/services-networking/service/, checked 2026-11-22.
INJECTED = re.compile(r"CAVENDISH_(SERVICE_|PORT)")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a client takes from its surroundings. Times in seconds.

    `environment` is a copy: the process's own is read once, when the client is made. `examine`
    says how pictures that come are judged: "full" decodes them in child processes, `decoders` at
    most; "header" does not. `ca_file` is trusted beside the system's authorities, `proxy` is the
    way to https; HTTPS_PROXY in the environment wins over it. `request_bytes` is how large a
    request may be on channels that state more than that. `channels` are those of the
    catalogue and the user's own, by name. `key_name` is who spends, `budget_zone` where a budget's
    day ends at midnight, for everybody on the journal. `blobs` has the spool and the pictures of
    everybody who shares the journal. `keep_days` and `keep_gb` are what `prune` keeps where it is
    not told. `limits` are what people know of a channel's or, as "channel/model", a model's limits.
    """

    environment: Mapping[str, str] = field(repr=False)  # it holds the keys
    home: Path
    journal: Path | PostgresAddress
    blobs: Path
    offline_url: str | None = None
    channel: str | None = None
    prefer: str = "ordered"
    model: str | None = None
    project: str = "default"
    key_name: str | None = None
    budget_zone: str | None = None
    output: str = "./generated"
    timeout_s: float | None = None
    retries: int = 3
    examine: str = "full"
    decoders: int = 2
    cache: str = "on"
    cache_ttl_s: float | None = None
    wait_rate_s: float = 60.0
    wait_server_s: float = 30.0
    wait_quota_s: float = 3600.0
    ca_file: str | None = None
    proxy: str | None = None
    request_bytes: int | None = None
    alerts: Alerting = field(default_factory=Alerting)
    keep_days: int | None = None
    keep_gb: float | None = None
    channels: Mapping[str, ChannelFacts] = field(default_factory=channels, repr=False)
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def model_or(self, named: str | None) -> str:
        """The model that is named, else the one of the settings, else the catalogue's."""
        return named if named is not None else self.model or DEFAULT_MODEL

    @classmethod
    def load(
        cls, environment: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> Settings:
        """Reads the environment, both configuration files and the user's channels.

        Raises: SettingsError for an unknown name, a wrong type or an unreadable file.
        """
        env = dict(os.environ if environment is None else environment)
        for error in unknown_names(env):
            raise error
        configured: dict[str, Any] = {}
        for path in configuration_files(env, folder or Path.cwd()):
            said = _configuration(path)
            limits = {**configured.get("limits", {}), **said.get("limits", {})}
            configured |= {**said, "limits": limits}
        home = home_of(env)
        journal = journal_of(env, home)
        found = cls(
            environment=env,
            home=home,
            journal=journal,
            blobs=blobs_of(env, home, journal),
            offline_url=env.get("CAVENDISH_OFFLINE_URL"),
            channels={**channels(), **own_channels(channel_folder(env))},
        )
        told = {name: configured.pop(name) for name in setting.NAMES if name in configured}
        pools.check_channels(configured["limits"], found.channels)
        found = replace(found, alerts=Alerting.of(told), **configured)
        return replace(found, channels=_with_room(found.channels, found.request_bytes))


CONFIGURABLE: Mapping[str, tuple[type, ...]] = {
    "channel": (str,),
    "prefer": (str,),
    "model": (str,),
    "project": (str,),
    "key_name": (str,),
    "budget_zone": (str,),
    "output": (str,),
    "timeout_s": (int, float),
    "retries": (int,),
    "examine": (str,),
    "decoders": (int,),
    "cache": (str,),
    "cache_ttl_s": (int, float),
    "wait_rate_s": (int, float),
    "wait_server_s": (int, float),
    "wait_quota_s": (int, float),
    "ca_file": (str,),
    "proxy": (str,),
    "request_bytes": (int,),
    "keep_days": (int,),
    "keep_gb": (int, float),
    "limits": (dict,),
}
ACCEPTED: Mapping[str, Sequence[object]] = {
    "prefer": PREFERENCES,
    "examine": ("full", "header"),
    "cache": CACHING,
    "decoders": range(1, 17),
    "request_bytes": range(1_000_000, 100_000_001),
    "keep_days": range(1, 36_501),
}
assert set(CONFIGURABLE) <= {one.name for one in fields(Settings)}


def _with_room(
    known: Mapping[str, ChannelFacts], request_bytes: int | None
) -> Mapping[str, ChannelFacts]:
    """The channels, those whose limit may be set with that one; never above what is stated."""
    if request_bytes is None:
        return known
    return {
        name: facts
        if facts.most_request_bytes is None
        else replace(facts, request_bytes=min(request_bytes, facts.most_request_bytes))
        for name, facts in known.items()
    }


def user_home(env: Mapping[str, str]) -> Path:
    """The user's own folder; the root where an account has none, as in some containers."""
    try:
        return Path(env.get("HOME") or "~").expanduser()
    except RuntimeError:
        return Path("/")


def home_of(env: Mapping[str, str]) -> Path:
    """Where journal, spool and pictures are."""
    data = env.get("XDG_DATA_HOME") or user_home(env) / ".local/share"
    return Path(env.get("CAVENDISH_HOME") or Path(data) / "cavendish").expanduser().absolute()


def journal_of(env: Mapping[str, str], home: Path) -> Path | PostgresAddress:
    """The journal's file or database. Raises: SettingsError for any other URL."""
    said = env.get("CAVENDISH_JOURNAL")
    if not said:
        return home / "journal.db"
    if "://" in said:
        return PostgresAddress(said)
    return Path(said).expanduser().absolute()


def blobs_of(env: Mapping[str, str], home: Path, journal: Path | PostgresAddress) -> Path:
    """The folder of the spool and the pictures.

    Raises: SettingsError where other hosts would look for them in vain.
    """
    said = env.get("CAVENDISH_BLOBS")
    if said and "://" in said:
        raise SettingsError(
            "CAVENDISH_BLOBS: this version keeps pictures in a folder, not at a URL",
            next_step="set it to a folder that every host on the journal sees, or unset it",
        )
    if said:
        return Path(said).expanduser().absolute()
    if isinstance(journal, PostgresAddress) and not journal.is_on(is_here):
        raise SettingsError(
            f"CAVENDISH_BLOBS: the journal {journal} may be shared by several hosts, and so must "
            "the pictures be that it knows",
            next_step="set CAVENDISH_BLOBS to a folder that every host on the journal sees; where "
            f"this is the only one: export CAVENDISH_BLOBS='{home}'",
        )
    return home


def configuration_files(env: Mapping[str, str], folder: Path) -> tuple[Path, Path]:
    """The user's file and the working folder's; the second wins."""
    return _user_folder(env) / "config.toml", folder / "cavendish.toml"


def channel_folder(env: Mapping[str, str]) -> Path:
    """Where a user's own channels are, one file each."""
    return _user_folder(env) / "channels"


def _user_folder(env: Mapping[str, str]) -> Path:
    return Path(env.get("XDG_CONFIG_HOME") or user_home(env) / ".config") / "cavendish"


def unknown_names(env: Mapping[str, str]) -> list[SettingsError]:
    """An error for every CAVENDISH_* variable that is none of ours."""
    found = []
    for name in sorted(env):
        if name.startswith(PREFIX) and name not in KNOWN and not INJECTED.match(name):
            step = f"{_known(name, KNOWN)}; unset it"
            found.append(SettingsError(f"{name}: there is no such setting", next_step=step))
    return found


def entries(path: Path) -> dict[str, Any] | SettingsError | None:
    """What a configuration file says, an error if it cannot be read, None if there is none."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):  # some accounts have /dev/null as their home
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return SettingsError(f"{path}: {error}", next_step="mend the file")


def faults(path: Path, said: Mapping[str, Any]) -> list[SettingsError]:
    """An error for every entry of a configuration file that cannot be taken."""
    found = []
    for name, value in said.items():
        if name.startswith(setting.PREFIX):
            wrong = setting.fault(path, name, value)
            found += [wrong] if wrong is not None else []
        elif name not in CONFIGURABLE:
            step = _known(name, CONFIGURABLE)
            found.append(SettingsError(f"{path}: there is no setting {name!r}", next_step=step))
        elif not isinstance(value, CONFIGURABLE[name]) or isinstance(value, bool):
            wanted = " or ".join(kind.__name__ for kind in CONFIGURABLE[name])
            found.append(
                SettingsError(f"{path}: {name} must be {wanted}", next_step="mend the file")
            )
        elif name in ACCEPTED and value not in ACCEPTED[name]:
            accepted = ACCEPTED[name]
            step = f"use one of {', '.join(map(str, accepted))}"
            if isinstance(accepted, range):
                step = f"use {accepted[0]:,} to {accepted[-1]:,}"
            found.append(SettingsError(f"{path}: {name} is {value!r}", next_step=step))
        elif name == "budget_zone" and value not in (zones := available_timezones()):
            step = f"{did_you_mean(str(value), zones)}use a name such as Asia/Tokyo"
            why = f"{path}: budget_zone: there is no zone {value!r}"
            found.append(SettingsError(why, next_step=step))
        elif name == "limits":
            found += _wrong_limits(path, value)
    return found


def _wrong_limits(path: Path, said: Any) -> list[SettingsError]:
    """What cannot be taken of a file's limits; whether there is such a channel is seen later."""
    try:
        pools.check(said, f"{path}: limits")
    except SettingsError as error:
        return [error]
    return []


def _known(name: str, names: Collection[str]) -> str:
    """The names there are, after the one that looks like this."""
    return f"{did_you_mean(name, names)}known: {', '.join(names)}"


def _configuration(path: Path) -> dict[str, Any]:
    said = entries(path)
    if isinstance(said, SettingsError):
        raise said
    for error in faults(path, said or {}):
        raise error
    return said or {}
