"""What a call takes of the limits of its channel, and what its answer shows of them."""

from __future__ import annotations

from cavendish.core.errors import QuotaExhausted
from cavendish.core.limits import ROLLING, Limits
from cavendish.core.money import Money
from cavendish.send.judge import Judgement
from cavendish.store.claim import Claim, Full, Heard
from cavendish.store.commands import SECOND_NS

DAY_NS = 86_400 * SECOND_NS
SPEND_WINDOW_NS = 600 * SECOND_NS
"""Spend limits hold over ten minutes. Source:
https://ai.google.dev/gemini-api/docs/rate-limits, checked 2026-11-22."""

SAID = {
    "requests": "requests a minute",
    "tokens": "input tokens a minute",
    "pictures": "pictures a minute",
    "requests_day": "requests a day",
    "in_flight": "calls at once",
    "spend": "spend in ten minutes",
}


def claims(
    pool: str, limits: Limits, model: str, *, tokens: int, reserved: Money, probe_s: float
) -> tuple[Claim, ...]:
    """What one picture of `model` takes of the limits of `pool`: a request always, the rest where a
    limit is known.

    A day that the service said is used up is tried again every `probe_s`.
    """
    ours, probe_ns = f"{pool}/{model}", int(probe_s * SECOND_NS)
    found = [Claim(ours, "requests", 1, "pace", limits.rpm)]
    if limits.tpm is not None:
        found.append(Claim(ours, "tokens", tokens, "pace", limits.tpm))
    if limits.ipm is not None:
        found.append(Claim(ours, "pictures", 1, "pace", limits.ipm))
    rolls = limits.day == ROLLING
    zone, rpd = (Limits().day, None) if rolls else (limits.day, limits.rpd)
    found.append(Claim(ours, "requests_day", 1, "day", rpd, zone, probe_ns=probe_ns))
    if rolls:
        found.append(Claim(ours, "requests_day", 1, "window", limits.rpd, window_ns=DAY_NS))
    if limits.in_flight is not None:
        found.append(Claim(ours, "in_flight", 1, "at_once", limits.in_flight))
    if limits.usd_per_10_min is not None:
        most = limits.usd_per_10_min.nanos
        found.append(
            Claim(pool, "spend", reserved.nanos, "window", most, window_ns=SPEND_WINDOW_NS)
        )
    return tuple(found)


def heard(claimed: tuple[Claim, ...], judged: Judgement) -> Heard | None:
    """What an answer shows of what was claimed; None where that is nothing."""
    if not claimed:
        return None
    error, rate_limit, remaining = judged.error, judged.rate_limit, dict[str, int]()
    if rate_limit is not None:
        left = (rate_limit.remaining_requests, rate_limit.remaining_tokens)
        remaining = {
            unit: n for unit, n in zip(("requests", "tokens"), left, strict=True) if n is not None
        }
    reset_s = None if rate_limit is None else rate_limit.reset_s
    found = Heard(
        claimed, remaining=remaining, reset_ns=None if reset_s is None else _ns(reset_s)
    )  # fmt: skip
    if error is None or error.category != "quota" or judged.outcome == "executed":
        return found
    if error.details.get("opens"):
        return Heard(claimed, frozenset({"requests_day"}), closed=True)
    if not error.retryable:  # no pace mends what is not paid for
        return found
    paced = {claim.unit for claim in claimed if claim.rule == "pace"}
    unit = error.details.get("unit")
    after_s = error.retry_after_s
    return Heard(
        claimed,
        frozenset({unit if unit in paced else "requests"}),
        None if after_s is None else _ns(after_s),
    )


def too_late(channel: str, model: str, full: Full, left_s: float) -> QuotaExhausted:
    """The error for a limit that has no room in time for the call."""
    if full.unit == "requests_day":
        what = f"today's quota for {model} at {channel} is used up, so it was not sent"
        when = opening(left_s)
    else:
        limit = "" if full.limit is None else f" ({_amount(full)})"
        what = f"{channel} has no room for {model}: {SAID[full.unit]}{limit}; not sent"
        when = f"there is room in {left_s:.0f} s, too late for this call"
    return QuotaExhausted(
        f"{what}; {when}",
        next_step="wait until then, or use another model or channel (--model, --channel)",
        scope=full.pool,
        retry_after_s=left_s,
        details={"row": "local-quota"},
    )


def waiting(channel: str, full: Full) -> str:
    """Why a call waits, in words."""
    limit = "" if full.limit is None else f" of {_amount(full)}"
    return f"{channel}'s limit{limit} {SAID[full.unit]} is used up for now"


def opening(seconds: float) -> str:
    """When a quota of the day opens, in words."""
    hours, minutes = divmod(-(-int(seconds) // 60), 60)
    return f"it opens in {hours} h {minutes} min"


def _amount(full: Full) -> str:
    return str(Money(full.limit or 0)) if full.unit == "spend" else f"{full.limit:,}"


def _ns(seconds: float) -> int:
    return int(seconds * SECOND_NS)
