"""Limits as files say them: those of a channel, those of the settings, which know better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from cavendish.core.errors import SettingsError
from cavendish.core.guess import did_you_mean
from cavendish.core.limits import ROLLING, Limits
from cavendish.core.money import Money

COUNTS: Final = ("rpm", "tpm", "ipm", "rpd", "in_flight")
NAMES: Final = (*COUNTS, "usd_per_10_min", "day")


def limits_of(
    said: Mapping[str, Any], known: Limits, where: str, more: Sequence[str] = ()
) -> Limits:
    """`known`, with what is `said` in its place. `where` is how errors name it; `more` are names
    that whoever asks takes as well.

    Raises: SettingsError naming the entry that cannot be taken.
    """
    names = (*NAMES, *more)
    for name, value in said.items():
        if name not in NAMES:
            step = f"{did_you_mean(name, names)}known: {', '.join(names)}"
            raise SettingsError(f"{where}: there is no limit {name!r}", next_step=step)
        _FORMS.get(name, _count)(value, f"{where}: {name}")
    found = replace(known, **{name: said[name] for name in COUNTS if name in said})
    if "usd_per_10_min" in said:
        found = replace(found, usd_per_10_min=Money.parse(said["usd_per_10_min"]))
    return replace(found, day=said["day"]) if "day" in said else found


def _count(value: object, where: str) -> None:
    if type(value) is not int or not 0 < value <= 10**12:
        raise SettingsError(f"{where} is {value!r}", next_step="give it a whole number above 0")


def _usd(value: object, where: str) -> None:
    try:
        good = isinstance(value, str) and Money.parse(value).nanos > 0
    except ValueError:
        good = False
    if not good:
        raise SettingsError(f"{where} is {value!r}", next_step='put USD in quotes, as "50"')


def _day(value: object, where: str) -> None:
    try:
        good = value == ROLLING or (isinstance(value, str) and bool(ZoneInfo(value)))
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder of zones
        good = False
    if not good:
        step = f'name the zone of its midnight, as "America/Los_Angeles", or "{ROLLING}"'
        raise SettingsError(f"{where} is {value!r}", next_step=step)


_FORMS: Final = {"usd_per_10_min": _usd, "day": _day}
