"""Which models have used up their quota of the day, and when the day ends.

Per-day quotas are per project and model, and open at midnight Pacific time; the delay that such an
answer advises does not tell when. Source: https://ai.google.dev/gemini-api/docs/rate-limits,
checked 2026-11-24.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from cavendish.core.errors import CavendishError, QuotaExhausted
from cavendish.core.ports import Clock
from cavendish.store.commands import SECOND_NS


@dataclass(slots=True)
class _Closure:
    opens_ns: int
    probe_s: float
    scope: str | None


class ClosedToday:
    """Refuses calls that are known to be refused, but for one in `probe_s` that looks again.

    The day ends by the wall clock. Probes go by the one that never steps: should the wall clock be
    set back, they find out all the same.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closed: dict[tuple[str, str], _Closure] = {}

    def opens_in_s(self, channel: str, model: str) -> float:
        """Seconds until a call may go out: 0 as well where a probe is due."""
        found, now_ns = self._closed.get((channel, model)), self._clock.now_ns()
        if found is None or self._clock.monotonic_s() >= found.probe_s:
            return 0.0
        return max(0.0, (found.opens_ns - now_ns) / SECOND_NS)

    def check(self, channel: str, model: str, probe_s: float) -> None:
        """Raises: QuotaExhausted while the day's quota is used up, unless a probe is due."""
        found, now_ns = self._closed.get((channel, model)), self._clock.now_ns()
        now_s = self._clock.monotonic_s()
        if found is None or now_ns >= found.opens_ns:
            return
        if now_s >= found.probe_s:
            found.probe_s = now_s + probe_s
            return
        opens_in_s = (found.opens_ns - now_ns) / SECOND_NS
        raise QuotaExhausted(
            f"today's quota for {model} at {channel} is used up, so it was not sent; "
            f"{_opening(opens_in_s)}",
            next_step="wait until then, or use another model or channel (--model, --channel)",
            scope=found.scope,
            retry_after_s=opens_in_s,
            details={"row": "local-quota"},
        )

    def learn(self, channel: str, model: str, error: CavendishError | None, probe_s: float) -> None:
        """What an attempt showed: an error with `details["opens"]` closes, an answer opens."""
        if error is None:
            self._closed.pop((channel, model), None)
            return
        if not (opens := error.details.get("opens")):
            return
        now_ns = self._clock.now_ns()
        opens_ns = next_midnight_ns(now_ns, opens.split()[-1])
        next_s = self._clock.monotonic_s() + probe_s
        self._closed[channel, model] = _Closure(opens_ns, next_s, error.scope)
        error.retry_after_s = (opens_ns - now_ns) / SECOND_NS
        error.add(_opening(error.retry_after_s))


def next_midnight_ns(now_ns: int, zone: str) -> int:
    """The next beginning of a day in `zone`, as nanoseconds since 1970. Days have 23 to 25 h."""
    place = ZoneInfo(zone)
    today = datetime.fromtimestamp(now_ns // SECOND_NS, place).date()
    midnight = datetime.combine(today + timedelta(days=1), time(), place)
    return int(midnight.timestamp()) * SECOND_NS


def _opening(seconds: float) -> str:
    hours, minutes = divmod(-(-int(seconds) // 60), 60)
    return f"it opens in {hours} h {minutes} min"
