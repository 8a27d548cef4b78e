"""What happens while a picture is bought, for whoever listens: progress, logs, metrics."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cavendish.core.money import Money
from cavendish.core.result import Outcome

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """The intent is durable; the request goes out."""

    attempt: str
    channel: str
    model: str
    reserved: Money
    timeout_s: float


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The attempt is settled."""

    attempt: str
    channel: str
    outcome: Outcome
    cost: Money
    error: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing goes out for `seconds`."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Cached:
    """It was there already and costs nothing."""

    sha256: str


Event = AttemptStarted | AttemptEnded | Waiting | Cached
Hook = Callable[[Event], None]


def publish(hooks: Sequence[Hook], event: Event) -> None:
    """Tells every listener; a listener that fails is logged and disturbs nobody."""
    for hook in hooks:
        try:
            hook(event)
        except Exception:
            log.exception("a listener failed on %r", event)
