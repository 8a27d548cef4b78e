"""How a call is bought and where its pictures go: as it was said, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cavendish.client.calls.call import label, natural, positive
from cavendish.client.calls.intake import Intake
from cavendish.client.money import money
from cavendish.client.output import check_format, check_name
from cavendish.client.settings import CACHING, Settings
from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.core.number import is_number
from cavendish.insight.doctor import hidden
from cavendish.send.decide import Waits

SHORTEST_KEY = 20
LONGEST_TTL_S = 100 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class Terms:
    """How to buy and where to put it, as the caller said it; see `AsyncClient.generate`.

    Calls with the same `run` share their budget. Pictures of a `series` are found again by that
    series alone: the same request on another channel is bought there. `priority` above 0 gives way
    to calls of somebody who waits. `cache` and `cache_ttl_s` say whether, and of what age, an
    answer will do that was bought before.
    """

    title: str
    output: str | Path | None = None
    timeout_s: float | None = None
    retries: int | None = None
    budget: str | int | Money | None = None
    project: str | None = None
    tags: Mapping[str, str] | None = None
    key_name: str | None = None
    cache: bool | str | None = None
    cache_ttl_s: float | None = None
    may_pay_twice: int = 0
    format: str | None = None
    run: str | None = None
    series: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """Terms that can be kept, with the settings in the place of what was not said."""

    limit: Money | None
    project: str
    tags: Mapping[str, str]
    key_name: str | None
    timeout_s: float
    retries: int
    waits: Waits
    may_pay_twice: int
    format: str | None
    cache: str
    max_age_s: float | None

    @classmethod
    def of(cls, settings: Settings, intake: Intake, terms: Terms) -> Self:
        """The terms, checked. No file is looked at. Raises: InvalidRequest."""
        if intake.exact is not None and terms.format == "original":
            raise InvalidRequest(
                "format", "original keeps the pixels that exact cuts", accepts="png, jpeg, webp"
            )
        if terms.output is not None:
            check_name(terms.output, terms.format)
        spender = settings.key_name if terms.key_name is None else terms.key_name
        cache = policy(settings.cache if terms.cache is None else terms.cache)
        return cls(
            limit=None if terms.budget is None else money("budget", terms.budget),
            project=label("project", settings.project if terms.project is None else terms.project),
            tags={label("tag", k): label("tag", v) for k, v in (terms.tags or {}).items()},
            key_name=None if spender is None else _spender(settings, spender),
            timeout_s=positive("timeout_s", terms.timeout_s, settings.timeout_s, intake.timeout_s),
            retries=natural(
                "retries", settings.retries if terms.retries is None else terms.retries
            ),
            waits=Waits(
                rate_s=positive("wait_rate_s", settings.wait_rate_s),
                server_s=positive("wait_server_s", settings.wait_server_s),
                quota_s=positive("wait_quota_s", settings.wait_quota_s),
            ),
            may_pay_twice=natural("may_pay_twice", terms.may_pay_twice),
            format=check_format(terms.format),
            cache=cache,
            max_age_s=max_age_s(cache, terms.cache_ttl_s, settings.cache_ttl_s),
        )


def _spender(settings: Settings, name: str) -> str:
    """Who spends, by a name: the journal keeps it, and must never have a key. Raises:
    InvalidRequest."""
    secret = [said for var, said in settings.environment.items() if "KEY" in var or "TOKEN" in var]
    keys = [said for said in secret if len(said) >= SHORTEST_KEY]
    if isinstance(name, str) and hidden(name, keys) != name:
        raise InvalidRequest("key_name", "looks like a key itself", accepts="a name for it")
    return label("key_name", name)


def policy(said: bool | str) -> str:
    """Whether what was bought before is found: on, off or refresh. Raises: InvalidRequest."""
    named = {True: "on", False: "off"}.get(said, said) if isinstance(said, bool) else said
    if named not in CACHING:
        raise InvalidRequest("cache", f"unknown: {said!r}", accepts=CACHING)
    return named


def max_age_s(cache: str, said: float | None, setting: float | None) -> float | None:
    """How old what is found may be, in seconds; None for any age. Raises: InvalidRequest."""
    if said is not None and cache != "on":
        raise InvalidRequest("cache_ttl_s", f"says nothing with cache={cache}", accepts="cache=on")
    value = setting if said is None else said
    if value is not None and (not is_number(value) or not 0 < value <= LONGEST_TTL_S):
        raise InvalidRequest("cache_ttl_s", f"{value!r} is out of range", accepts="seconds above 0")
    return 0.0 if cache == "refresh" else value
