"""Three ways to count what was used in a window of time. Time comes in as seconds since 1970."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

_PACIFIC = ZoneInfo("America/Los_Angeles")
_DUST = 1e-9


class Counter(Protocol):
    """Counts amounts against a limit."""

    def wait_s(self, amount: int, now_s: float) -> float:
        """Seconds until `amount` fits; 0 when it fits now."""

    def take(self, amount: int, now_s: float) -> None:
        """Count an amount, fitting or not."""

    def used(self, now_s: float) -> float:
        """What counts against the limit now."""


class TokenBucket:
    """A bucket of `burst` that fills evenly, `limit` in every window."""

    def __init__(self, limit: int, window_s: float, burst: int | None = None) -> None:
        self._size = limit if burst is None else burst
        self._per_second = limit / window_s
        self._level = float(self._size)
        self._at_s: float | None = None

    def _fill(self, now_s: float) -> None:
        if self._at_s is not None and now_s > self._at_s:
            gained = (now_s - self._at_s) * self._per_second
            self._level = min(float(self._size), self._level + gained)
        self._at_s = now_s

    def wait_s(self, amount: int, now_s: float) -> float:
        """Seconds until the bucket holds `amount`, or is full."""
        self._fill(now_s)
        missing = amount - self._level
        if missing <= _DUST:
            return 0.0
        return missing / self._per_second if self._per_second else float("inf")

    def take(self, amount: int, now_s: float) -> None:
        """Take an amount out; the level may fall below nothing."""
        self._fill(now_s)
        self._level -= amount

    def used(self, now_s: float) -> float:
        """What is missing from a full bucket."""
        self._fill(now_s)
        return self._size - self._level


class SlidingWindow:
    """Everything of the last `window_s` seconds counts."""

    def __init__(self, limit: int, window_s: float) -> None:
        self._limit = limit
        self._window_s = window_s
        self._taken: deque[tuple[float, int]] = deque()

    def wait_s(self, amount: int, now_s: float) -> float:
        """Seconds until enough of what was taken is older than the window."""
        over = self.used(now_s) + amount - self._limit
        if over <= 0:
            return 0.0
        for at_s, old in self._taken:
            over -= old
            if over <= 0:
                return at_s + self._window_s - now_s
        return float("inf")

    def take(self, amount: int, now_s: float) -> None:
        """Count an amount from now on."""
        self._taken.append((now_s, amount))

    def used(self, now_s: float) -> float:
        """The sum of what is younger than the window."""
        while self._taken and self._taken[0][0] + self._window_s <= now_s:
            self._taken.popleft()
        return sum(amount for _, amount in self._taken)


class FixedWindow:
    """Everything since the window began counts; then it begins anew at nothing."""

    def __init__(self, limit: int, window: Callable[[float], tuple[float, float]]) -> None:
        self._limit = limit
        self._window = window
        self._start_s = float("-inf")
        self._taken = 0

    def wait_s(self, amount: int, now_s: float) -> float:
        """Seconds until the next window."""
        if self.used(now_s) + amount <= self._limit:
            return 0.0
        return float("inf") if amount > self._limit else self._window(now_s)[1] - now_s

    def take(self, amount: int, now_s: float) -> None:
        """Count an amount in this window."""
        self._taken = int(self.used(now_s)) + amount

    def used(self, now_s: float) -> float:
        """The sum of this window."""
        start_s, _ = self._window(now_s)
        if start_s != self._start_s:
            self._start_s, self._taken = start_s, 0
        return self._taken


def even_windows(window_s: float) -> Callable[[float], tuple[float, float]]:
    """Windows of one length, the first beginning in 1970."""

    def window(now_s: float) -> tuple[float, float]:
        start_s = now_s // window_s * window_s
        return start_s, start_s + window_s

    return window


def pacific_day(now_s: float) -> tuple[float, float]:
    """The day of 23, 24 or 25 hours between two midnights of Los Angeles."""
    today = datetime.fromtimestamp(now_s, _PACIFIC).date()
    midnights = (today, today + timedelta(days=1))
    start, end = (datetime.combine(day, time(), _PACIFIC).timestamp() for day in midnights)
    return start, end
