"""A channel that fails again and again is left alone for a while, then tried by a single call.

Kept apart for every model of every channel; a region is a channel of its own, and the cloud project
is the same for all calls of one client. A service that refuses is alive: only its own failures and
silence count, not its limits.
"""

from __future__ import annotations

from dataclasses import dataclass

from cavendish.core.ports import Clock

FAILURES = 5
"""So many in a row open it."""

FIRST_REST_S, LONGEST_REST_S = 15.0, 60.0
PROBE_S = 300.0
"""A probe that never came back no longer counts: no attempt lasts longer."""


@dataclass(slots=True)
class _State:
    failures: int = 0
    rest_s: float = 0.0
    opens_s: float = 0.0
    probe_ends_s: float = 0.0


class Breaker:
    """Which (channel, model) rests, and until when. Times on the clock that never steps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._states: dict[tuple[str, str], _State] = {}

    def wait_s(self, channel: str, model: str) -> float:
        """Seconds until it may be called; while a probe is on its way, until that must be back."""
        state = self._states.get((channel, model))
        if state is None or not state.rest_s:
            return 0.0
        now_s = self._clock.monotonic_s()
        return max(0.0, state.opens_s - now_s, state.probe_ends_s - now_s)

    def rest_s(self, channel: str, model: str) -> float:
        """How long it rests each time, or 0 while it is well."""
        state = self._states.get((channel, model))
        return 0.0 if state is None else state.rest_s

    def take(self, channel: str, model: str) -> None:
        """A call goes out; when it was resting, it is the probe."""
        state = self._states.get((channel, model))
        if state is not None and state.rest_s:
            state.probe_ends_s = self._clock.monotonic_s() + PROBE_S

    def learn(self, channel: str, model: str, *, well: bool) -> None:
        """What a call showed: that the channel is alive, or another failure of its own."""
        if well:
            self._states.pop((channel, model), None)
            return
        state = self._states.setdefault((channel, model), _State())
        state.failures += 1
        if state.failures >= FAILURES and (not state.rest_s or state.probe_ends_s):
            state.rest_s = min(LONGEST_REST_S, state.rest_s * 2 or FIRST_REST_S)
            state.opens_s = self._clock.monotonic_s() + state.rest_s
            state.probe_ends_s = 0.0

    def untold(self, channel: str, model: str) -> None:
        """A call showed nothing, such as a rate limit: the next one may probe."""
        state = self._states.get((channel, model))
        if state is not None:
            state.probe_ends_s = 0.0
