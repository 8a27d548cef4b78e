"""Quotas that really refuse: what they are, how they are set, and the 429 they answer with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from cavendish_emulator.bill import usd
from cavendish_emulator.catalog import NANO_PER_USD
from cavendish_emulator.counters import (
    Counter,
    FixedWindow,
    SlidingWindow,
    TokenBucket,
    even_windows,
    pacific_day,
)
from cavendish_emulator.faults.refusals import IPM, RPD, RPM, TPM, spend_exceeded
from cavendish_emulator.google.errors import GoogleError, Violation, quota_exceeded

_DAY = "day"
_MINUTE_S = 60
# kind -> (window in seconds or the Pacific day, the quota it is in Google's words)
KINDS: dict[str, tuple[float | str, Violation | None]] = {
    "rpm": (60.0, RPM),
    "tpm": (60.0, TPM),
    "ipm": (60.0, IPM),
    "rpd": (_DAY, RPD),
    "spend": (600.0, None),
}
ALGORITHMS = ("token_bucket", "sliding", "fixed")
_KEYS = ("kind", "limit", "model", "per", "algorithm", "window_s", "burst")


class QuotaError(ValueError):
    """A quota that cannot be set, and why."""


@dataclass
class Quota:
    """One limit; `per` model it counts for every model apart, per project for all together.

    `limit` is requests, tokens or pictures, and for `spend` nano-USD.
    """

    kind: str
    limit: int
    model: str | None
    per: str
    algorithm: str
    window: float | str
    burst: int | None
    counters: dict[str, Counter] = field(default_factory=dict)

    def counter(self, model: str) -> Counter | None:
        """What counts requests to this model; none when the quota is not about it."""
        if self.model not in {None, model}:
            return None
        key = model if self.per == "model" else "project"
        if key not in self.counters:
            self.counters[key] = self._new()
        return self.counters[key]

    def _new(self) -> Counter:
        if isinstance(self.window, str):
            return FixedWindow(self.limit, pacific_day)
        if self.algorithm == "token_bucket":
            return TokenBucket(self.limit, self.window, self.burst)
        if self.algorithm == "sliding":
            return SlidingWindow(self.limit, self.window)
        return FixedWindow(self.limit, even_windows(self.window))

    def violation(self) -> Violation | None:
        """The quota as an error names it; without a limit there is no entitlement at all."""
        known = KINDS[self.kind][1]
        if known is None:
            return None
        if self.limit:
            return replace(known, limit=self.limit)
        return replace(known, limit=None, quota_id=f"{known.quota_id}-FreeTier")

    def body(self, now_s: float) -> dict[str, Any]:
        """The quota and what is used of it, as JSON; money as decimal strings."""

        def show(count: float) -> Any:
            return usd(int(count)) if self.kind == "spend" else count

        body: dict[str, Any] = {
            "kind": self.kind,
            "limit": show(self.limit),
            "per": self.per,
            "algorithm": self.algorithm,
            "window_s": self.window,
            "used": {key: show(c.used(now_s)) for key, c in self.counters.items()},
        }
        if self.model is not None:
            body["model"] = self.model
        if self.burst is not None:
            body["burst"] = self.burst
        return body


class Quotas:
    """The quotas that are set; none are until somebody sets them."""

    def __init__(self) -> None:
        self.set_quotas: list[Quota] = []

    def set(self, given: Any) -> None:
        """Put these quotas in the place of all there were; nothing changes if one is wrong."""
        items = given.get("quotas", [given]) if isinstance(given, dict) else given
        if not isinstance(items, (list, tuple)):
            raise QuotaError("quotas are a list of objects")
        self.set_quotas = [_read(item) for item in items]

    def clear(self) -> None:
        """Take all quotas away."""
        self.set_quotas = []

    def body(self, now_s: float) -> dict[str, Any]:
        """Every quota as JSON."""
        return {"quotas": [quota.body(now_s) for quota in self.set_quotas]}

    def admit(self, model: str, tokens: int, now_s: float) -> None:
        """Count one request for one picture, or refuse it and count nothing."""
        amounts = {"rpm": 1, "tpm": tokens, "ipm": 1, "rpd": 1, "spend": 1}
        met = [(q, c) for q in self.set_quotas if (c := q.counter(model)) is not None]
        waits = [(q, c.wait_s(amounts[q.kind], now_s)) for q, c in met]
        refused = [(q, wait_s) for q, wait_s in waits if wait_s > 0]
        if refused:
            raise _refusal(refused, model)
        for quota, counter in met:
            if quota.kind != "spend":
                counter.take(amounts[quota.kind], now_s)

    def spend(self, model: str, nano_usd: int, now_s: float) -> None:
        """Count what an execution cost."""
        for quota in self.set_quotas:
            counter = quota.counter(model)
            if quota.kind == "spend" and counter is not None:
                counter.take(nano_usd, now_s)


def _refusal(refused: list[tuple[Quota, float]], model: str) -> GoogleError:
    named = [(q, v, wait_s) for q, wait_s in refused if (v := q.violation()) is not None]
    if not named:
        return spend_exceeded()
    # A day's quota comes with seconds to wait too, and they are not to be believed.
    told = [wait_s % _MINUTE_S if q.window == _DAY else wait_s for q, _, wait_s in named]
    longest_s = max(wait_s if math.isfinite(wait_s) else _MINUTE_S for wait_s in told)
    delay_s = math.ceil(longest_s * 1000) / 1000
    return quota_exceeded([violation for _, violation, _ in named], model, delay_s)


def _read(item: Any) -> Quota:
    if not isinstance(item, dict):
        raise QuotaError(f"a quota is an object with the keys {', '.join(_KEYS)}")
    if unknown := sorted(set(item) - set(_KEYS)):
        raise QuotaError(f"unknown key {unknown[0]!r}; a quota has {', '.join(_KEYS)}")
    kind = item.get("kind")
    if kind not in KINDS:
        raise QuotaError(f"unknown kind {kind!r}; there are {', '.join(KINDS)}")
    algorithm = item.get("algorithm", "fixed" if kind == "rpd" else "token_bucket")
    if algorithm not in ALGORITHMS:
        raise QuotaError(f"unknown algorithm {algorithm!r}; there are {', '.join(ALGORITHMS)}")
    per = item.get("per", "project" if kind == "spend" else "model")
    if per not in {"model", "project"}:
        raise QuotaError("per is model or project")
    model = item.get("model")
    if model is not None and not isinstance(model, str):
        raise QuotaError("model is the id of a model")
    window = item.get("window_s", KINDS[kind][0])
    if window != _DAY and (not isinstance(window, (int, float)) or not window > 0):
        raise QuotaError('window_s is a number of seconds above 0, or "day"')
    if window == _DAY and algorithm != "fixed":
        raise QuotaError("a day is counted by the algorithm fixed; give window_s for another")
    burst = item.get("burst")
    if burst is not None and (not isinstance(burst, int) or burst < 1):
        raise QuotaError("burst is a whole number above 0")
    return Quota(kind, _limit(kind, item.get("limit")), model, per, algorithm, window, burst)


def _limit(kind: str, given: Any) -> int:
    if kind == "spend":
        try:
            return int(Fraction(str(given)) * NANO_PER_USD)
        except (ValueError, ZeroDivisionError):
            raise QuotaError('limit of spend is USD, as "10.00"') from None
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise QuotaError("limit is a whole number, 0 for no entitlement")
    return given
