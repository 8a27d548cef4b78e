"""Attempts added up one by one: what each came to, when, and what it cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from cavendish.core.money import Money
from cavendish.insight.dossier.history import DAYS, OUTCOMES, Day, History, Outcome
from cavendish.insight.use import MINUTE_NS, PACIFIC, SECOND_NS

HOUR_NS: Final = 60 * MINUTE_NS
_LIMITS: Final = frozenset({"RateLimited", "DailyQuotaExhausted"})
_SERVICE: Final = frozenset({"Overloaded", "InternalError"})


class Tally:
    """Adds up the window's attempts one by one."""

    def __init__(self, today: date, model: str | None) -> None:
        self._model = model
        self._days = {today - timedelta(days=n): [0, 0, 0, 0] for n in range(DAYS - 1, -1, -1)}
        self._minutes: Counter[int] = Counter()
        self._ten: Counter[int] = Counter()
        self._outcomes: Counter[Outcome] = Counter()
        self._models: Counter[str] = Counter()
        self._sizes: Counter[str] = Counter()
        self._took: list[int] = []
        self._limited: dict[str, int] = {}
        self._hours: Counter[int] = Counter()
        self.waits: list[int] = []
        self.requests = self.held_back = self.deferred = 0

    def add(self, row: Any) -> None:
        """One attempt, the older ones first."""
        ours = row.model == self._model
        if row.outcome == "not_sent":
            self.held_back += ours and row.error is None and row.note == "a known limit"
            return
        usd = row.cost_nanos if row.state == "settled" else row.reserved_nanos
        minute, sums = row.started_ns // MINUTE_NS, self._days[pacific_day(row.started_ns)]
        self._ten[minute // 10] += usd
        self._models[row.model] += 1
        sums[2] += usd
        if ours:
            self._add_ours(row, minute, sums)

    def _add_ours(self, row: Any, minute: int, sums: list[int]) -> None:
        became = outcome_of(row)
        self.requests += 1
        self._minutes[minute] += 1
        self._hours[minute // 60] += 1
        self._outcomes[became] += 1
        sums[0] += 1
        before = self._limited.pop(row.key, None)
        if before is not None:
            self.waits.append((row.started_ns - before) // SECOND_NS)
        if became == "rate limited":
            sums[3] += 1
            self._limited[row.key] = row.settled_ns or row.started_ns
        if became == "delivered":
            sums[1] += 1
            self._took.append(row.settled_ns - row.started_ns)
            size, tier = asked_for(row.asked)
            self._sizes[size] += 1
            self.deferred += tier in {"batch", "flex"}

    def history(self, **known: Any) -> History:
        """What came together."""
        peaks: dict[date, int] = defaultdict(int)
        for minute, count in self._minutes.items():
            day = pacific_day(minute * MINUTE_NS)
            peaks[day] = max(peaks[day], count)
        week = [[0] * 24 for _ in range(7)]
        for hour, count in self._hours.items():
            at = datetime.fromtimestamp(hour * 3600, PACIFIC)
            week[at.weekday()][at.hour] += count
        took = sorted(self._took)
        return History(
            model=self._model,
            days=tuple(
                Day(day, sums[0], sums[1], Money(sums[2]), sums[3], peaks.get(day, 0))
                for day, sums in self._days.items()
            ),
            hours=tuple(tuple(hours) for hours in week),
            outcomes={one: self._outcomes[one] for one in OUTCOMES if self._outcomes[one]},
            models=dict(self._models.most_common()),
            sizes=dict(sorted(self._sizes.items())),
            busiest_hour=max(self._hours.values(), default=0),
            busiest_10_min=Money(max(self._ten.values(), default=0)),
            latency_s=_spread(took),
            **known,
        )


def outcome_of(row: Any) -> Outcome:
    """What an attempt came to. What was answered before classes were kept counts as another
    answer; what was refused, as refused."""
    if row.outcome is None:
        return "under way"
    if row.outcome == "executed":
        if row.note is None:
            return "delivered"
        return "safety" if row.error == "Blocked" else "other answer"
    if row.outcome == "unknown":
        return "unknown"
    if row.error in _LIMITS:
        return "rate limited"
    return "service error" if row.error in _SERVICE else "refused"


def asked_for(asked: str) -> tuple[str, str]:
    """Size and tier of an attempt; the JSON is our own, so its two words are looked for."""
    return _word(asked, '"size": "') or "?", _word(asked, '"tier": "') or "standard"


def _word(text: str, before: str) -> str:
    _, found, rest = text.partition(before)
    return rest.partition('"')[0] if found else ""


def pacific_day(moment_ns: int) -> date:
    """The Pacific day of a moment."""
    return _day_of(moment_ns // HOUR_NS)


@lru_cache(maxsize=4096)  # its days begin on a whole hour of UTC, summer and winter
def _day_of(hour: int) -> date:
    return datetime.fromtimestamp(hour * 3600, PACIFIC).date()


def _spread(took: list[int]) -> tuple[int, int] | None:
    """The median and the 95th of a hundred, in whole seconds, at least 1."""
    if not took:
        return None
    half, most = (took[int((len(took) - 1) * part)] for part in (0.5, 0.95))
    return max(1, round(half / SECOND_NS)), max(1, round(most / SECOND_NS))
