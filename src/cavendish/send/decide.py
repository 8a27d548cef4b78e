"""What to do after an attempt: one pure table, nothing else decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cavendish.core.errors import Category, CavendishError
from cavendish.core.result import Outcome

Reaction = Literal["again", "leave", "replay", "raise"]

REACTIONS: dict[tuple[Outcome, bool], Reaction] = {
    # (outcome, retryable)   nothing was bought: asking again costs nothing
    ("not_sent", True): "again",
    ("not_sent", False): "leave",
    ("rejected", True): "again",
    ("rejected", False): "leave",
    # It may have been bought: asking again may pay twice, so only a policy that says so may.
    ("unknown", True): "replay",
    ("unknown", False): "replay",
    # It was bought, and is no picture: the same money would buy the same answer.
    ("executed", True): "raise",
    ("executed", False): "raise",
}
"""To leave is to ask another channel, where the error is about this one."""

FIRST_WAIT_S, LONGEST_CONNECTING_S = 1.0, 60.0
"""Without any answer waits double from the one to the other."""

LONGEST_WAIT_S = 3600.0
ADVICE_SPREAD_S = 1.0
"""Advice is the same for all who got it; within this time after it they wake one by one."""

PATIENCE_S = 5.0
"""A pause that the service asks for and that is no longer is no reason to ask another channel."""

NEVER_S = float("inf")


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
    one included; `affordable` that the retry budget has something left; `elsewhere` that the error
    is about this channel. `others_s` is how soon another channel can be asked, NEVER_S where there
    is none.
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
    elsewhere: bool = False
    others_s: float = NEVER_S
    waits: Waits = Waits()


@dataclass(frozen=True, slots=True)
class Again:
    """Another attempt after `wait_s`; `replay` when it may pay a second time.

    `rest_s` is how long this channel is left alone, NEVER_S for the rest of this call; where that
    is longer than `wait_s` another channel is asked.
    """

    wait_s: float
    replay: bool = False
    rest_s: float = 0.0

    @property
    def moves(self) -> bool:
        """Whether another channel is asked."""
        return self.rest_s > self.wait_s


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No other attempt. `why` is said to the user; `opens_in_s` where it would have gone on."""

    why: str = ""
    opens_in_s: float | None = None


def decide(facts: Facts, jitter: Callable[[float, float], float]) -> Again | GiveUp:
    """Another attempt, when, and whether here; or to give up and why.

    The service's own advice is never undercut. Without advice waits double: from 1 s to 60 s where
    no answer came, else from the settings to an hour; jitter only adds to those. Another channel
    that can be asked sooner is asked, unless a pause that was advised is short.
    """
    reaction = REACTIONS[facts.outcome, facts.retryable]
    if reaction == "raise" or facts.attempts_left <= 0:
        return GiveUp()
    if reaction == "replay" and facts.replays_left <= 0:
        return GiveUp()
    rest_s, why = NEVER_S, ""
    if reaction == "leave":
        if not facts.elsewhere:
            return GiveUp()
    elif facts.category == "retryable" and not facts.affordable:
        why = (
            "not tried again: most calls to this channel fail at the moment, and repeating them "
            "would make it worse"
        )
    else:
        rest_s = _wait_s(facts, jitter)
    stays = facts.retry_after_s is not None and rest_s <= PATIENCE_S + ADVICE_SPREAD_S
    wait_s = rest_s if stays else min(rest_s, facts.others_s)
    if wait_s == NEVER_S:
        return GiveUp(why)
    if wait_s >= facts.time_left_s:
        return GiveUp(f"the next try would be in {wait_s:.0f} s, past this call's deadline", wait_s)
    return Again(wait_s, reaction == "replay", rest_s)


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
