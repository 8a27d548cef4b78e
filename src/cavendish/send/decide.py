"""What to do after an attempt: one pure table, nothing else decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cavendish.core.errors import CavendishError
from cavendish.core.result import Outcome

Reaction = Literal["again", "replay", "raise"]

REACTIONS: dict[tuple[Outcome, bool], Reaction] = {
    # (outcome, retryable)   nothing was bought: asking again costs nothing
    ("not_sent", True): "again",
    ("not_sent", False): "raise",
    ("rejected", True): "again",
    ("rejected", False): "raise",
    # It may have been bought: asking again may pay twice, so only a policy that says so may.
    ("unknown", True): "replay",
    ("unknown", False): "replay",
    # It was bought, and is no picture: the same money would buy the same answer.
    ("executed", True): "raise",
    ("executed", False): "raise",
}

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known after an attempt. Times in seconds."""

    outcome: Outcome
    retryable: bool
    retry_after_s: float | None
    failures: int
    attempts_left: int
    replays_left: int
    time_left_s: float


@dataclass(frozen=True, slots=True)
class Again:
    """Another attempt after `wait_s`; `replay` when it may pay a second time."""

    wait_s: float
    replay: bool = False


def decide(facts: Facts, jitter: Callable[[float, float], float]) -> Again | None:
    """Another attempt and when, or None to give up.

    The service's own advice is never undercut; without advice waits double from 1 s to 60 s.
    """
    reaction = REACTIONS[facts.outcome, facts.retryable]
    if reaction == "raise" or facts.attempts_left <= 0:
        return None
    if reaction == "replay" and facts.replays_left <= 0:
        return None
    if facts.retry_after_s is not None:
        wait_s = facts.retry_after_s + jitter(0.0, 0.1 + facts.retry_after_s / 10)
    else:
        longest_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (facts.failures - 1))
        wait_s = jitter(longest_s / 2, longest_s)
    if wait_s >= facts.time_left_s:
        return None
    return Again(wait_s, replay=reaction == "replay")


def outcome_of(error: CavendishError) -> Outcome:
    """What an error says about the attempt: nobody knows, nothing left, or the service refused."""
    if error.billed is None:
        return "unknown"
    return "not_sent" if error.http_status is None else "rejected"
