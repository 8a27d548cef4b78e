"""What an infographic is to say: a title, metrics, a style and colours, read from data."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cavendish.core.errors import InvalidRequest
from cavendish.core.number import is_number

DEFAULT_TITLE = "Data Visualization"
DEFAULT_STYLE = "modern corporate"
DEFAULT_COLORS = "blue and white"

METRICS = 24
TEXT_LENGTH = 200
FIELDS = ("title", "metrics", "style", "colors", "colours")


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing to show: a label, and its value spelled exactly as it must appear."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Brief:
    """The data of one infographic. Every field has a default."""

    title: str = DEFAULT_TITLE
    metrics: tuple[Metric, ...] = ()
    style: str = DEFAULT_STYLE
    colors: str = DEFAULT_COLORS


def parse(data: Any) -> Brief:
    """Reads a brief from plain data: {"title", "metrics", "style", "colors"}, all optional.

    `metrics` is a list of {"label", "value"} (or {"name", "value"}), or a mapping of label to
    value. Raises: InvalidRequest naming the field.
    """
    if not isinstance(data, Mapping):
        raise InvalidRequest("data", f"must be an object, not {_kind(data)}", accepts=FIELDS)
    for name in data:
        if name not in FIELDS:
            problem = InvalidRequest("data", f"there is no field {name!r}", accepts=FIELDS)
            problem.details["at"] = name  # where a file's line is to be found
            raise problem
    if "colors" in data and "colours" in data:
        raise InvalidRequest(
            "colors", "is given twice, as colors and as colours", accepts="one of them"
        )
    return Brief(
        title=_text("title", data.get("title"), DEFAULT_TITLE),
        metrics=_metrics(data.get("metrics")),
        style=_text("style", data.get("style"), DEFAULT_STYLE),
        colors=_text("colors", data.get("colors", data.get("colours")), DEFAULT_COLORS),
    )


def _metrics(given: Any) -> tuple[Metric, ...]:
    if given is None:
        return ()
    if isinstance(given, Mapping):
        given = [{"label": label, "value": value} for label, value in given.items()]
    if not isinstance(given, list | tuple):
        raise InvalidRequest(
            "metrics",
            f"must be a list, not {_kind(given)}",
            accepts="a list of label and value, or a mapping of label to value",
        )
    if len(given) > METRICS:
        raise InvalidRequest("metrics", f"{len(given)} given", accepts=f"at most {METRICS}")
    return tuple(_metric(f"metrics[{at}]", one) for at, one in enumerate(given))


def _metric(field: str, given: Any) -> Metric:
    if isinstance(given, Metric):
        return given
    if not isinstance(given, Mapping):
        raise InvalidRequest(
            field, f"must be an object, not {_kind(given)}", accepts="label, value"
        )
    labels = [name for name in ("label", "name") if name in given]
    if len(labels) != 1 or set(given) != {labels[0], "value"}:
        names = ", ".join(map(str, given)) or "nothing"
        raise InvalidRequest(field, f"has {names}", accepts="label (or name) and value")
    label = _text(f"{field}.{labels[0]}", given[labels[0]], "")
    value = _text(f"{field}.value", given["value"], "", numbers=True)
    if not label or not value:
        empty = "value" if label else labels[0]
        raise InvalidRequest(f"{field}.{empty}", "is empty", accepts="some text")
    return Metric(label, value)


def _text(field: str, given: Any, default: str, *, numbers: bool = False) -> str:
    if given is None:
        return default
    if numbers and is_number(given):
        if isinstance(given, float) and not math.isfinite(given):
            raise InvalidRequest(field, f"is not a number: {given}", accepts="text or a number")
        given = str(given)
    if not isinstance(given, str):
        takes = "text or a number" if numbers else "text"
        raise InvalidRequest(field, f"must be text, not {_kind(given)}", accepts=takes)
    text = " ".join(given.split())
    kinds = {unicodedata.category(letter) for letter in text}
    if "Cs" in kinds:
        raise InvalidRequest(field, "is not valid Unicode", accepts="UTF-8 text")
    if "Cc" in kinds:
        raise InvalidRequest(field, "holds a control character", accepts="plain text")
    if len(text) > TEXT_LENGTH:
        raise InvalidRequest(field, f"has {len(text)} characters", accepts=f"at most {TEXT_LENGTH}")
    return text or default


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "true or false", list: "a list", str: "text"}
    return names.get(type(value), type(value).__name__)
