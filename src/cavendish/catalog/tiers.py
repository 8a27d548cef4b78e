"""Quota tiers as facts: what a project may do in each, what that takes, and what jobs may queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from cavendish.catalog.loader import FACTS, read_facts
from cavendish.core.money import Money

TODAY: Final = "today"
_LIST: Final = {"name", "title", "note", "source", "tier"}
_TIER: Final = {
    "name", "step", "images", "rpm", "rpd", "usd_per_10_min", "usd_per_month",
    "month_may_be_more", "paid_usd", "paid_days",
}  # fmt: skip
_BATCH_NUMBERS: Final = ("jobs", "requests", "file_bytes", "ends_hours")
_BATCH: Final = {*_BATCH_NUMBERS, "late", "queued_tokens", "source"}


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier; what its list does not say is None. `step` is how one gets there.

    Requests are per minute (`rpm`) and per day (`rpd`), money is per rolling ten minutes and per
    month. With `month_may_be_more` the month's cap is the least of a range. It takes `paid` in
    all, `paid_days` after the first payment.
    """

    name: str
    step: str
    images: bool = True
    rpm: int | None = None
    rpd: int | None = None
    per_10_min: Money | None = None
    per_month: Money | None = None
    month_may_be_more: bool = False
    paid: Money | None = None
    paid_days: int | None = None


@dataclass(frozen=True, slots=True)
class TierList:
    """The tiers of one time, lowest first, and who said so when."""

    name: str
    title: str
    note: str
    tiers: tuple[Tier, ...]
    url: str
    checked: date


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What batch jobs may do: how many at once, of how many requests, in files of what size.

    `queued_tokens` are those that may wait at once, by model id for tiers 1, 2 and 3; a model
    that is not there is not published. A job has come to its end after `ends_hours`, and `late`
    says what that means.
    """

    jobs: int | None
    requests: int | None
    file_bytes: int
    ends_hours: int
    late: str
    queued_tokens: Mapping[str, Mapping[str, int]]
    url: str
    checked: date


@cache
def tier_lists() -> Mapping[str, TierList]:
    """Every list by name; today's is first."""
    found = [read_list(one) for one in read_facts(FACTS / "tiers.toml")["list"]]
    return {one.name: one for one in found}


@cache
def batch_limits() -> Mapping[str, BatchLimits]:
    """The limits of batch jobs on the Gemini API ("gemini") and on Vertex AI ("vertex")."""
    said = read_facts(FACTS / "tiers.toml")["batch"]
    return {surface: read_batch(one) for surface, one in said.items()}


def read_list(said: Mapping[str, Any]) -> TierList:
    """One list as its file gives it.

    Raises: TypeError for a field nobody knows, for tiers out of order, without source or date.
    """
    _only(said, _LIST, "a list")
    tiers = tuple(_tier(one) for one in said["tier"])
    for name in ("rpm", "rpd", "per_10_min", "per_month"):
        values = [getattr(tier, name) for tier in tiers if getattr(tier, name) is not None]
        if values != sorted(values):
            raise TypeError(f"{said['name']}: a higher tier may not have less {name}")
    return TierList(said["name"], said["title"], said["note"], tiers, *_source(said["source"]))


def read_batch(said: Mapping[str, Any]) -> BatchLimits:
    """The limits of jobs as their table gives them. Raises: TypeError as `read_list` does."""
    _only(said, _BATCH, "batch")
    queued = {}
    for model, tokens in said.get("queued_tokens", {}).items():
        if len(tokens) != 3 or tokens != sorted(tokens) or not all(map(_whole, tokens)):
            raise TypeError(f"{model}: takes three numbers of tokens, for tiers 1, 2 and 3")
        queued[model] = dict(zip("123", tokens, strict=True))
    if not all(_whole(said[name]) for name in _BATCH_NUMBERS if name in said):
        raise TypeError(f"batch: {', '.join(_BATCH_NUMBERS)} are whole numbers above 0")
    return BatchLimits(
        said.get("jobs"), said.get("requests"), said["file_bytes"], said["ends_hours"],
        said["late"], queued, *_source(said["source"]),
    )  # fmt: skip


def _tier(said: Mapping[str, Any]) -> Tier:
    _only(said, _TIER, "a tier")
    for name in ("rpm", "rpd", "paid_days"):
        if name in said and not _whole(said[name]):
            raise TypeError(f"{name}: is a whole number above 0")
    usd = {name: Money.parse(said[name]) for name in said if "usd" in name}
    return Tier(
        name=said["name"],
        step=said["step"],
        images=said.get("images", True),
        rpm=said.get("rpm"),
        rpd=said.get("rpd"),
        per_10_min=usd.get("usd_per_10_min"),
        per_month=usd.get("usd_per_month"),
        month_may_be_more=said.get("month_may_be_more", False),
        paid=usd.get("paid_usd"),
        paid_days=said.get("paid_days"),
    )


def _only(said: Mapping[str, Any], known: set[str], what: str) -> None:
    if strange := sorted(set(said) - known):
        raise TypeError(f"{what}: nobody knows {', '.join(strange)}")


def _whole(value: object) -> bool:
    return type(value) is int and value > 0


def _source(said: Mapping[str, Any]) -> tuple[str, date]:
    if not said["url"].startswith("https://") or not isinstance(said["checked"], date):
        raise TypeError("needs a source with an https address and a date")
    return said["url"], said["checked"]
