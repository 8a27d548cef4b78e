"""How services count: token bucket, sliding log, fixed windows. Pure: the caller tells the time.

Written for the upstream with hidden limits and sharing nothing with what Cavendish keeps, so that
the one can be a witness to the other.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

SLIVER_S = 1e-9


class Limiter(Protocol):
    """`limit` requests in any `window_s`, as one of several understandings of "in"."""

    limit: int

    def wait_s(self, now_s: float) -> float:
        """Counts a request; or, more than 0, in how many seconds one would be counted."""
        ...


class TokenBucket:
    """Begins full with `limit` tokens and fills evenly."""

    def __init__(self, limit: int, window_s: float) -> None:
        self.limit, self._window_s = limit, window_s
        self._tokens, self._at_s = float(limit), 0.0

    def wait_s(self, now_s: float) -> float:
        """Takes a token, or tells when there is one."""
        filled = max(0.0, now_s - self._at_s) * self.limit / self._window_s
        self._tokens, self._at_s = min(self.limit, self._tokens + filled), now_s
        if self._tokens < 1:
            return (1 - self._tokens) * self._window_s / self.limit + SLIVER_S
        self._tokens -= 1
        return 0.0


class SlidingLog:
    """Remembers when each of the last requests was counted."""

    def __init__(self, limit: int, window_s: float) -> None:
        self.limit, self._window_s = limit, window_s
        self._counted_s: deque[float] = deque()

    def wait_s(self, now_s: float) -> float:
        """Counts what lies in the last window, whenever that began."""
        counted = self._counted_s
        while counted and counted[0] <= now_s - self._window_s:
            counted.popleft()
        if len(counted) < self.limit:
            counted.append(now_s)
            return 0.0
        return counted[len(counted) - self.limit] + self._window_s - now_s + SLIVER_S


class FixedWindows:
    """Counts from nothing at each multiple of the window, as minutes of a calendar."""

    def __init__(self, limit: int, window_s: float) -> None:
        self.limit, self._window_s = limit, window_s
        self._window, self._counted = -1, 0

    def wait_s(self, now_s: float) -> float:
        """Counts in this window, or tells when the next one begins."""
        window = int(now_s / self._window_s)
        if window > self._window:
            self._window, self._counted = window, 0
        if self._counted < self.limit:
            self._counted += 1
            return 0.0
        return (self._window + 1) * self._window_s - now_s + SLIVER_S


LIMITERS: dict[str, type[TokenBucket | SlidingLog | FixedWindows]] = {
    "token bucket": TokenBucket,
    "sliding log": SlidingLog,
    "fixed windows": FixedWindows,
}


def ideal_s(
    algorithm: str, limit: int, window_s: float, calls: int, changes: dict[int, int]
) -> float:
    """From the first to the last request counted, for somebody who knows all and takes no time.

    `changes` are new limits, by how many requests were counted before them. Fixed windows begin
    with the first request; who meets the end of one may be up to a window better.
    """
    limiter, now_s = LIMITERS[algorithm](limit, window_s), 0.0
    for counted in range(calls):
        limiter.limit = changes.get(counted, limiter.limit)
        while (wait_s := limiter.wait_s(now_s)) > 0:
            now_s += wait_s
    return now_s
