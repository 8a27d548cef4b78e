"""Where more quota is asked for, what becomes of it, and the throughput that can be bought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import Any, Final

from cavendish.catalog.loader import FACTS, read_facts

_FILE: Final = FACTS / "increases.toml"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a surface takes a request for more. `limits_page` shows a project's own limits, `per`
    says what they are counted by, `open_to` who may ask, `review` what is said of the time it
    takes, and `upgrade` how a tier is reached without asking, where there are tiers."""

    title: str
    addressee: str
    form: str
    form_title: str
    limits_page: str
    per: str
    open_to: str
    review: str
    url: str
    checked: date
    upgrade: str | None = None
    projects_page: str | None = None


@dataclass(frozen=True, slots=True)
class Throughput:
    """One unit (GSU) of a model: weighted tokens a second, and what an output token weighs."""

    per_s: int
    output_image: int
    output_text: int


@dataclass(frozen=True, slots=True)
class Enterprise:
    """Throughput that is bought. `throughput` is by model id; a model that is not there is not on
    the list of its `throughput_url`."""

    title: str
    order: str
    contact: str
    term: str
    review: str
    beyond: str
    batch: str
    price: str
    url: str
    checked: date
    throughput: Mapping[str, Throughput]
    throughput_url: str
    throughput_checked: date


@cache
def desks() -> Mapping[str, Desk]:
    """By surface: the Gemini API ("gemini") and Vertex AI ("vertex")."""
    said = read_facts(_FILE)
    return {name: read_desk(said[name]) for name in ("gemini", "vertex")}


@cache
def enterprise() -> Enterprise:
    """The throughput that can be bought."""
    return read_enterprise(read_facts(_FILE)["enterprise"])


def read_desk(said: Mapping[str, Any]) -> Desk:
    """A desk as its table gives it. Raises: TypeError for a field that is missing or unknown."""
    told = dict(said)
    url, checked = _source(told.pop("source"))
    _only(told, Desk)
    return Desk(**told, url=url, checked=checked)


def read_enterprise(said: Mapping[str, Any]) -> Enterprise:
    """What can be bought, as its table gives it. Raises: TypeError as `read_desk` does."""
    told = dict(said)
    url, checked = _source(told.pop("source"))
    throughput = {}
    for model, numbers in told.pop("throughput").items():
        if not all(type(number) is int and number > 0 for number in numbers.values()):
            raise TypeError(f"{model}: throughput is in whole numbers above 0")
        throughput[model] = Throughput(**numbers)
    throughput_url, throughput_checked = _source(told.pop("throughput_source")["source"])
    _only(told, Enterprise)
    return Enterprise(
        **told, url=url, checked=checked, throughput=throughput, throughput_url=throughput_url,
        throughput_checked=throughput_checked,
    )  # fmt: skip


def _only(said: Mapping[str, Any], kind: type) -> None:
    known = {one.name for one in fields(kind)}
    if strange := sorted(set(said) - known):
        raise TypeError(f"{kind.__name__.lower()}: nobody knows {', '.join(strange)}")
    if wordless := sorted(name for name, words in said.items() if not isinstance(words, str)):
        raise TypeError(f"{kind.__name__.lower()}: {', '.join(wordless)} takes words")


def _source(said: Mapping[str, Any]) -> tuple[str, date]:
    if not said["url"].startswith("https://") or not isinstance(said["checked"], date):
        raise TypeError("needs a source with an https address and a date")
    return said["url"], said["checked"]
