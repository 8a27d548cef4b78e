"""What is to be bought, what was tried, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cavendish.core.errors import ContractViolation
from cavendish.core.money import Money
from cavendish.core.ports import Clock
from cavendish.core.request import ImageRequest
from cavendish.core.result import Attempt, Drawn, RateLimit
from cavendish.send.decide import Facts
from cavendish.send.judge import Judgement
from cavendish.store.commands import Earlier, Key


@dataclass(frozen=True, slots=True)
class Order:
    """What to buy, for whom, and how hard to try. Times in seconds.

    `may_pay_twice` bounds how often an attempt of unknown outcome is repeated by itself;
    `wire_id` is the model's id on the channel where it is not the catalogue's.
    """

    request: ImageRequest
    key: Key
    channel: str
    timeout_s: float
    retries: int = 3
    deadline_s: float = 900.0
    may_pay_twice: int = 0
    run: str | None = None
    run_limit: Money | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    wire_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture that is ours: its record, its file, and how it came about."""

    drawn: Drawn
    path: Path
    attempts: tuple[Attempt, ...]
    cached: bool
    warnings: tuple[str, ...] = ()
    rate_limit: RateLimit | None = None
    violation: ContractViolation | None = None


class Tries:
    """What one `send` has tried so far, and how much time it has left."""

    def __init__(self, order: Order, clock: Clock) -> None:
        self._order, self._clock = order, clock
        self._ends_s = clock.monotonic_s() + order.deadline_s
        self._wait_s = 0.0
        self.attempts: list[Attempt] = []
        self.replays = 0
        self.warnings: list[str] = []

    def time_left_s(self) -> float:
        """Seconds until the order's deadline."""
        return self._ends_s - self._clock.monotonic_s()

    def waited(self, seconds: float) -> None:
        """Adds to the waiting before the next attempt."""
        self._wait_s += seconds

    def record(self, judged: Judgement) -> None:
        """The attempt just settled, with all the waiting before it."""
        cost = judged.cost
        self.attempts.append(Attempt(self._order.channel, judged.outcome, self._wait_s, cost))
        self._wait_s = 0.0

    def facts(self, judged: Judgement) -> Facts:
        """What `decide` needs to know after an attempt that failed."""
        assert judged.error is not None
        return Facts(
            outcome=judged.outcome,
            retryable=judged.error.retryable,
            retry_after_s=judged.error.retry_after_s,
            failures=len(self.attempts),
            attempts_left=self._order.retries + 1 - len(self.attempts),
            replays_left=self._order.may_pay_twice - self.replays,
            time_left_s=self.time_left_s(),
        )

    def earlier(self, unknown: Sequence[Earlier]) -> None:
        """Whoever asks again has decided; they are told what they decided about."""
        for one in unknown:
            self.warnings.append(
                f"an earlier attempt ended without a known outcome; up to "
                f"{Money(one.reserved_nanos)} may have been billed for it as well"
            )
