"""What a service lets those do who share a project or a key."""

from __future__ import annotations

from dataclasses import dataclass, field

from cavendish.core.money import Money

ROLLING = "rolling"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one model for those who share them; None where nobody told us.

    `rpm`, `tpm` and `ipm` are requests, input tokens and pictures a minute, `rpd` requests a day:
    of `day`, a time zone, or in any 24 hours where that is ROLLING. `in_flight` may be under way
    at once, `usd_per_10_min` be spent in any ten minutes on all models together.
    """

    rpm: int | None = None
    tpm: int | None = None
    ipm: int | None = None
    rpd: int | None = None
    in_flight: int | None = None
    usd_per_10_min: Money | None = None
    day: str = "America/Los_Angeles"


@dataclass(frozen=True, slots=True)
class Pool:
    """Those who share limits: `name` is the channel and the project or key."""

    name: str = ""
    limits: Limits = field(default_factory=Limits)
