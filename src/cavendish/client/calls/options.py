"""What calls have in common, typed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from cavendish.client.references.ref import ReferenceLike
from cavendish.core.money import Money


class RequestOptions(TypedDict, total=False):
    """What may be said about a request beside its words, size and ratio; as in `generate`."""

    n: int
    model: str | None
    exact: str | tuple[int, int] | None
    references: Sequence[ReferenceLike]
    style_references: Sequence[ReferenceLike]
    split_references: bool
    text: bool
    temperature: float | None
    seed: int | None
    thinking: str | None
    thoughts: bool
    search: bool | str | Sequence[str]
    safety: Mapping[str, str] | None
    tier: str
    channel: str | Sequence[str] | None
    require: Sequence[str]
    prefer: str | None


class PurchaseOptions(TypedDict, total=False):
    """What may be said about buying it; as in `generate`."""

    timeout_s: float | None
    retries: int | None
    budget: str | int | Money | None
    project: str | None
    tags: Mapping[str, str] | None
    key_name: str | None
    cache: bool | str | None
    cache_ttl_s: float | None
    may_pay_twice: int
    format: str | None


class CallOptions(RequestOptions, PurchaseOptions, total=False):
    """What may be said about a request and about buying it."""
