"""One alert: what is told, to people in words and to programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from cavendish.core.money import NANOS_PER_USD, Money

Kind = Literal["budget", "spend", "errors", "test"]
SECOND_NS = 10**9
FLOOR = Money(5 * NANOS_PER_USD)


@dataclass(frozen=True, slots=True)
class Rules:
    """When to alert. A person may set each in the settings, after `alert_`.

    `percent`: so much of a limit. Spending is unusual where it is more than `high_percent` of the
    second highest day, and more above the median than `floor` and than `spread` times what days
    usually differ by, over `history_days` of which at least `history_least` had spending: the
    first lets two high days be a habit and one an oddity, the second keeps cents from alarming
    anybody, the third people whose days differ. `error_percent` of the last attempts of a channel
    is too much; one that works never comes near. `benchmarks/alarms.py` says what these bring.
    """

    percent: tuple[int, ...] = (50, 80, 100)
    floor: Money = FLOOR
    high_percent: int = 150
    spread: int = 6
    history_days: int = 28
    history_least: int = 10
    error_percent: int = 50


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told once under its `id`. `facts` are JSON-ready: USD as decimal strings, seconds."""

    id: str
    kind: Kind
    at_ns: int
    message: str
    next_step: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The document that webhooks and commands are given."""
        return {
            "version": 1,
            "id": self.id,
            "kind": self.kind,
            "at": moment(self.at_ns),
            "message": self.message,
            "next_step": self.next_step,
            **self.facts,
        }

    @property
    def said(self) -> str:
        """The document as one line."""
        return json.dumps(self.to_json())


def moment(at_ns: int) -> str:
    """The second, in ISO 8601 and UTC."""
    return f"{datetime.fromtimestamp(at_ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%SZ}"


def lasting(seconds: int) -> str:
    """A length of time for people, in its two largest units: 3 d 4 h."""
    minutes = max(seconds, 0) // 60
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    found = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(found[:2]) or "less than a minute"
