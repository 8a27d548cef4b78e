"""What is to be bought, what was tried, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cavendish.core.errors import CavendishError, ContractViolation
from cavendish.core.money import Money
from cavendish.core.ports import Clock
from cavendish.core.result import Attempt, Drawn, RateLimit
from cavendish.send.decide import NEVER_S, Facts, Waits
from cavendish.send.events import AttemptEnded, AttemptStarted, Cached
from cavendish.send.judge import Judgement
from cavendish.send.line import Place
from cavendish.send.route import Route
from cavendish.store.claim import Claim
from cavendish.store.commands import SECOND_NS, Earlier, Inherited, Key


@dataclass(frozen=True, slots=True)
class Order:
    """What to buy, for whom, by which routes, and how hard to try. Times in seconds.

    The first route that is open is taken. `may_pay_twice` bounds how often an attempt of unknown
    outcome is repeated by itself; `priority` 0 is somebody who waits, more is later;
    `key_name` is who spends. An answer that was there more than `max_age_s` before it was asked
    for will not do; None takes any.
    """

    key: Key
    routes: tuple[Route, ...]
    timeout_s: float
    retries: int = 3
    deadline_s: float = 900.0
    may_pay_twice: int = 0
    priority: int = 0
    run: str | None = None
    run_limit: Money | None = None
    key_name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    waits: Waits = field(default_factory=Waits)
    waits_for_money: bool = False
    max_age_s: float | None = None

    @property
    def model(self) -> str:
        """The model, the same on every route."""
        return self.routes[0].request.model


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture that is ours: its record, its file, how it came about, and the files of what came
    beside it."""

    drawn: Drawn
    path: Path
    attempts: tuple[Attempt, ...]
    cached: bool
    warnings: tuple[str, ...] = ()
    rate_limit: RateLimit | None = None
    violation: ContractViolation | None = None
    others: tuple[Path, ...] = ()


class Tries:
    """What one `send` has tried so far, and how much time it has left."""

    def __init__(self, order: Order, clock: Clock) -> None:
        self._order, self._clock = order, clock
        self._ends_s = clock.monotonic_s() + order.deadline_s
        self._wait_s = 0.0
        self.key = order.key.id
        self.attempts: list[Attempt] = []
        self.replays = 0
        self.rested_s = 0.0
        self.has_place = self.is_held = False
        self.turn: tuple[Place, int] | None = None
        self.number = 0
        self.polls = 0
        self._unadvised: Counter[str] = Counter()
        self._opens_s: dict[str, float] = {}
        self._errors: dict[str, CavendishError] = {}
        self.warnings: list[str] = []
        self.lost = False

    def time_left_s(self) -> float:
        """Seconds until the order's deadline."""
        return self._ends_s - self._clock.monotonic_s()

    @property
    def max_age_ns(self) -> int | None:
        """How old an answer may be by now: what was bought since it was asked for will do."""
        if self._order.max_age_s is None:
            return None
        asked_s = self._order.deadline_s - self.time_left_s()
        return int((self._order.max_age_s + asked_s) * SECOND_NS)

    def waited(self, seconds: float) -> None:
        """Adds to the waiting before the next attempt."""
        self._wait_s += seconds

    def tried(self, route: Route) -> bool:
        """Whether this channel was asked before."""
        return any(attempt.channel == route.channel for attempt in self.attempts)

    def wait_s(self, route: Route) -> float:
        """Seconds for which this call leaves the route alone."""
        return max(0.0, self._opens_s.get(route.channel, 0.0) - self._clock.monotonic_s())

    def is_advised(self, route: Route) -> bool:
        """Whether the service itself said how long this call leaves the route alone."""
        error = self._errors.get(route.channel)
        return error is not None and error.retry_after_s is not None

    def leave(self, route: Route, error: CavendishError, rest_s: float = NEVER_S) -> None:
        """This call does not take the route for `rest_s`, because of `error`."""
        self._opens_s[route.channel] = self._clock.monotonic_s() + rest_s
        self._errors[route.channel] = error

    def start(
        self, attempt: str, route: Route, reserved: Money, claims: tuple[Claim, ...]
    ) -> AttemptStarted:
        """The attempt that begins now, after the waiting so far."""
        order = self._order
        return AttemptStarted(
            attempt, route.channel, order.model, reserved, order.timeout_s,
            key=self.key, realm=order.key.realm, wait_s=self._wait_s,
            began_s=self._clock.monotonic_s(), claims=claims,
        )  # fmt: skip

    def found(self, drawn: Drawn) -> Cached:
        """What was asked for is there already."""
        realm = self._order.key.realm
        return Cached(drawn.sha256, drawn.channel, drawn.model, self.key, realm, self._wait_s)

    def record(self, route: Route, judged: Judgement) -> None:
        """The attempt just settled, with all the waiting before it."""
        self.attempts.append(Attempt(route.channel, judged.outcome, self._wait_s, judged.cost))
        self._wait_s = 0.0
        if judged.error is not None and judged.error.retry_after_s is None:
            self._unadvised[route.channel] += 1

    def facts(
        self, route: Route, judged: Judgement, *, affordable: bool, others_s: float = NEVER_S
    ) -> Facts:
        """What `decide` needs to know after an attempt that failed."""
        error = judged.error
        assert error is not None
        return Facts(
            outcome=judged.outcome,
            retryable=error.retryable,
            retry_after_s=error.retry_after_s,
            category=error.category,
            answered=error.http_status is not None,
            failures=max(1, self._unadvised[route.channel]),
            attempts_left=self._order.retries + 1 - len(self.attempts),
            replays_left=self._order.may_pay_twice - self.replays,
            time_left_s=self.time_left_s(),
            affordable=affordable,
            elsewhere=error.elsewhere,
            others_s=others_s,
            waits=self._order.waits,
        )

    def said_before(self) -> list[str]:
        """What other channels said before the last one that was asked."""
        last = self.attempts[-1].channel if self.attempts else None
        before = ((channel, one) for channel, one in self._errors.items() if channel != last)
        return [f"before that {channel}: {error.message}" for channel, error in before]

    def passed_over(self, route: Route) -> list[str]:
        """Why it was not bought by a route that comes before this one."""
        before = self._order.routes[: self._order.routes.index(route)]
        return [
            f"{one.channel}: {self._errors[one.channel].message}; {route.channel} was asked instead"
            for one in before
            if one.channel in self._errors
        ]

    def earlier(self, unknown: Sequence[Earlier]) -> None:
        """Whoever asks again has decided; they are told what they decided about."""
        for one in unknown:
            if one.forgotten and self.lost:
                continue
            if one.forgotten:
                self.warnings.append(
                    "this was bought before, and the answer is not kept any more (pruned or "
                    "cleared): it is bought anew"
                )
                continue
            self.warnings.append(
                f"an earlier attempt ended without a known outcome; up to "
                f"{Money(one.reserved_nanos)} may have been billed for it as well"
            )


def begun_elsewhere(orphan: Inherited) -> AttemptStarted:
    """An attempt whose process is gone, as far as the journal knows it."""
    return AttemptStarted(
        orphan.attempt, orphan.channel, str(orphan.asked["model"]), Money(orphan.reserved_nanos),
        0.0, key=orphan.key.id, realm=orphan.key.realm,
    )  # fmt: skip


def ended(started: AttemptStarted, judged: Judgement, now_s: float) -> AttemptEnded:
    """What became of an attempt, with the facts of its error. `now_s` is monotonic."""
    error = judged.error
    paid = judged.outcome == "executed" and bool(judged.cost)
    return AttemptEnded(
        started.attempt, started.channel, judged.outcome, judged.cost,
        error.message if error else None,
        error_type=type(error).__name__ if error else None,
        category=error.category if error else None,
        http_status=error.http_status if error else None,
        vendor_code=error.vendor_code if error else None,
        retry_after_s=error.retry_after_s if error else None,
        billed=None if judged.outcome == "unknown" else paid,
        model=started.model, key=started.key, realm=started.realm, reserved=started.reserved,
        wait_s=started.wait_s,
        elapsed_s=None if started.began_s is None else now_s - started.began_s,
    )  # fmt: skip
