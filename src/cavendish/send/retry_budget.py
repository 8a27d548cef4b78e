"""How many retries a channel may still get, so that an outage is not made worse by repeating."""

from __future__ import annotations

MOST = 10.0
PER_CALL = 0.09
"""Each first attempt earns this part of a retry: together they stay below 1.1 times the calls."""


class RetryBudget:
    """A bucket of retries per channel. It starts full; retries after a failure that is not about
    us take one out, first attempts fill it up slowly."""

    def __init__(self) -> None:
        self._left: dict[str, float] = {}

    def earn(self, channel: str) -> None:
        """A first attempt is on its way."""
        self._left[channel] = min(MOST, self._left.get(channel, MOST) + PER_CALL)

    def affords(self, channel: str) -> bool:
        """Whether there is a whole retry left."""
        return self._left.get(channel, MOST) >= 1.0

    def spend(self, channel: str) -> None:
        """A retry is taken."""
        self._left[channel] = self._left.get(channel, MOST) - 1.0
