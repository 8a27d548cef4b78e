"""What a channel says about its limits in headers: Google says nothing, relays may.

Names follow https://platform.openai.com/docs/guides/rate-limits and
https://openrouter.ai/docs/api-reference/limits, checked 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from cavendish.core.result import RateLimit

__all__ = ["between_s", "rate_limit"]

_REQUESTS: Final = ("x-ratelimit-remaining-requests", "x-ratelimit-remaining")
_TOKENS: Final = ("x-ratelimit-remaining-tokens",)
_RESETS: Final = ("x-ratelimit-reset-requests", "x-ratelimit-reset", "x-ratelimit-reset-tokens")
_COUNT: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_DATE: Final = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,13}(\.[0-9]{1,9})?", re.ASCII)
_DURATION: Final = re.compile(
    r"(?:(\d{1,4})h)?(?:(\d{1,4})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,7})ms)?", re.ASCII
)
_EPOCH_S: Final = 1_000_000_000


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Reads the limits of an answer; `headers` have lower-case names. None where it says nothing.

    A reset is in seconds from now: a plain number or a duration ("6m0s"); a moment (seconds or
    milliseconds since 1970) is counted from the answer's own Date.
    """
    found = RateLimit(
        remaining_requests=_count(headers, _REQUESTS),
        remaining_tokens=_count(headers, _TOKENS),
        reset_s=next((s for name in _RESETS if (s := _reset_s(headers, name)) is not None), None),
    )
    return None if found == RateLimit() else found


def _count(headers: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    said = (headers.get(name, "").strip(" \t") for name in names)
    return next((int(count) for count in said if _COUNT.fullmatch(count)), None)


def _reset_s(headers: Mapping[str, str], name: str) -> float | None:
    said = headers.get(name, "").strip(" \t")
    if not said:
        return None
    if not _SECONDS.fullmatch(said):
        found = _DURATION.fullmatch(said)
        if found is None:
            return None
        hours, minutes, seconds, millis = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds + millis / 1000
    number = float(said)
    if number < _EPOCH_S:
        return number
    moment_s = number / 1000 if number >= _EPOCH_S * 1000 else number
    try:
        now = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, moment_s - now.timestamp())


def between_s(now: str, until: str) -> float | None:
    """The seconds from one HTTP date to another that is not before it."""
    if not (_DATE.fullmatch(now) and _DATE.fullmatch(until)):
        return None
    try:
        left = parsedate_to_datetime(until) - parsedate_to_datetime(now)
    except ValueError:
        return None
    return left.total_seconds() if left.total_seconds() >= 0 else None
