"""The emulator's clock, which can be put forward so that nobody waits for a quota."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970; `source_s` is where they come from."""

    def __init__(self, source_s: Callable[[], float] = time.time) -> None:
        self._source_s = source_s
        self._ahead_s = 0.0

    def now_s(self) -> float:
        """The time now."""
        return self._source_s() + self._ahead_s

    def now(self) -> datetime:
        """The time now, as a date in UTC."""
        return datetime.fromtimestamp(self.now_s(), UTC)

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        self._ahead_s += seconds
