"""What happens while a picture is bought, for whoever listens: progress, logs, metrics."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cavendish.core.errors import Category
from cavendish.core.model import Realm
from cavendish.core.money import ZERO, Money
from cavendish.core.result import Outcome
from cavendish.store.claim import Claim

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """The intent is durable; the request goes out.

    `key` is the id of what is bought, `wait_s` the waiting before, `began_s` monotonic; `claims`
    are what it takes of its channel's limits.
    """

    attempt: str
    channel: str
    model: str
    reserved: Money
    timeout_s: float
    key: str = ""
    realm: Realm = "real"
    wait_s: float = 0.0
    began_s: float | None = None
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The attempt is settled: `error` and what follows it are None when a picture came.

    `billed` is None when nobody can know; `elapsed_s` is None for an attempt that another
    process began.
    """

    attempt: str
    channel: str
    outcome: Outcome
    cost: Money
    error: str | None
    error_type: str | None = None
    category: Category | None = None
    http_status: int | None = None
    vendor_code: str | None = None
    retry_after_s: float | None = None
    billed: bool | None = None
    model: str = ""
    key: str = ""
    realm: Realm = "real"
    reserved: Money = ZERO
    wait_s: float = 0.0
    elapsed_s: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing goes out for `seconds`."""

    seconds: float
    reason: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Cached:
    """It was there already and costs nothing; `wait_s` was spent while somebody else bought it."""

    sha256: str
    channel: str = ""
    model: str = ""
    key: str = ""
    realm: Realm = "real"
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know before anything is bought."""

    text: str


@dataclass(frozen=True, slots=True)
class NoRoom:
    """A call was refused: it did not fit in the budgets of `scopes`."""

    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alerted:
    """An alert is told: its document, as webhooks and commands are given it."""

    alert: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A call begins to be bought: so many pictures."""

    pictures: int


Event = AttemptStarted | AttemptEnded | Waiting | Cached | Notice | NoRoom | Alerted | Ordered
Hook = Callable[[Event], None]


def publish(hooks: Sequence[Hook], event: Event) -> None:
    """Tells every listener; a listener that fails is logged and disturbs nobody."""
    for hook in hooks:
        try:
            hook(event)
        except Exception:
            log.exception("a listener failed on %r", event)
