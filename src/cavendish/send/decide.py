"""What to do after an attempt: one pure table, nothing else decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cavendish.core.errors import Category, CavendishError
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

FIRST_WAIT_S, LONGEST_CONNECTING_S = 1.0, 60.0
"""Without any answer waits double from the one to the other."""

LONGEST_WAIT_S = 3600.0
ADVICE_SPREAD_S = 1.0
"""Advice is the same for all who got it; within this time after it they wake one by one."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds to wait where the service advises none: after a rate limit, after a failure of its
    own, and between probes of a quota that is used up for the day."""

    rate_s: float = 60.0
    server_s: float = 30.0
    quota_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known after an attempt. Times in seconds.

    `answered` says that the service sent an answer; `failures` counts those without advice, this
    one included; `affordable` that the retry budget has something left.
    """

    outcome: Outcome
    retryable: bool
    category: Category
    answered: bool
    retry_after_s: float | None
    failures: int
    attempts_left: int
    replays_left: int
    time_left_s: float
    affordable: bool = True
    waits: Waits = Waits()


@dataclass(frozen=True, slots=True)
class Again:
    """Another attempt after `wait_s`; `replay` when it may pay a second time."""

    wait_s: float
    replay: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No other attempt. `why` is said to the user; `opens_in_s` where it would have gone on."""

    why: str = ""
    opens_in_s: float | None = None


def decide(facts: Facts, jitter: Callable[[float, float], float]) -> Again | GiveUp:
    """Another attempt and when, or to give up and why.

    The service's own advice is never undercut. Without advice waits double: from 1 s to 60 s where
    no answer came, else from the settings to an hour; jitter only adds to those.
    """
    reaction = REACTIONS[facts.outcome, facts.retryable]
    if reaction == "raise" or facts.attempts_left <= 0:
        return GiveUp()
    if reaction == "replay" and facts.replays_left <= 0:
        return GiveUp()
    if facts.category == "retryable" and not facts.affordable:
        return GiveUp(
            "not tried again: most calls to this channel fail at the moment, and repeating them "
            "would make it worse"
        )
    wait_s = _wait_s(facts, jitter)
    if wait_s >= facts.time_left_s:
        return GiveUp(f"the next try would be in {wait_s:.0f} s, past this call's deadline", wait_s)
    return Again(wait_s, replay=reaction == "replay")


def _wait_s(facts: Facts, jitter: Callable[[float, float], float]) -> float:
    if facts.retry_after_s is not None:
        return facts.retry_after_s + jitter(0.0, ADVICE_SPREAD_S)
    doubled = 2.0 ** min(facts.failures - 1, 30)
    if not facts.answered:
        longest_s = min(LONGEST_CONNECTING_S, FIRST_WAIT_S * doubled)
        return jitter(longest_s / 2, longest_s)
    first_s = facts.waits.rate_s if facts.category == "quota" else facts.waits.server_s
    least_s = min(LONGEST_WAIT_S, first_s * doubled)
    return jitter(least_s, least_s * 1.5)


def outcome_of(error: CavendishError) -> Outcome:
    """What an error says about the attempt: nobody knows, nothing left, or the service refused."""
    if error.billed is None:
        return "unknown"
    return "not_sent" if error.http_status is None else "rejected"
