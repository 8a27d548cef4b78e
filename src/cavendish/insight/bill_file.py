"""Google Cloud's bill, read from a CSV file: the console's cost table or report, or rows of the
BigQuery export. Which columns and names there are is in catalog/billing.toml."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from cavendish.catalog.loader import FACTS, models, read_facts
from cavendish.core.errors import InvalidRequest
from cavendish.insight.use import PACIFIC

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE]-?\d{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class BillRow:
    """One line. `model` is None where the SKU names none of ours; `usd` is before credits;
    `decimals` is how exactly it is written."""

    start: date
    end: date
    service: str
    sku: str
    model: str | None
    project: str
    usd: Fraction
    decimals: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What a file says of pictures. `skipped` counts lines of other services, other projects,
    credits and totals."""

    rows: tuple[BillRow, ...]
    skipped: int


def read_bill(path: Path, cloud_project: str | None = None) -> Bill:
    """The lines of the services that bill pictures; of one Google Cloud project, if it is named.

    Raises: InvalidRequest naming the line, or the columns that are missing.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.reader(file), cloud_project)
    except OSError as error:
        raise _wrong(f"{path}: {error.strerror}", "a file that can be read") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong(f"{path} is no CSV: {error}") from None


def _read(lines: Iterator[list[str]], cloud_project: str | None) -> Bill:
    found: list[BillRow] = []
    columns: Mapping[str, int] = {}
    skipped = width = 0
    services = _facts()["services"]
    for number, line in enumerate(lines, start=1):
        if not columns:
            if line[:1] == ["Currency"] and line[1:2] not in ([], ["USD"]):
                raise _wrong(f"it is in {line[1]}, and the ledger is in USD")
            columns, width = _columns(line), len(line)
            continue
        if not any(line):
            continue
        if len(line) != width:
            raise _wrong(f"line {number} has {len(line)} columns and the head has {width}")
        said = {name: line[place].strip() for name, place in columns.items()}
        if said.get("currency", "USD") not in {"USD", ""}:
            raise _wrong(f"line {number} is in {said['currency']}, and the ledger is in USD")
        other = cloud_project is not None and said.get("project") != cloud_project
        if said["service"].lower() not in services or other or said.get("credit"):
            skipped += 1
            continue
        found.append(_row(said, number))
    if not columns:
        raise _wrong("no line names the columns of a service, an SKU, a start and a cost")
    return Bill(tuple(found), skipped)


def _columns(line: Sequence[str]) -> Mapping[str, int]:
    """Where each column stands, if this line is the head."""
    names = [name.strip().lower() for name in line]
    found = {
        what: next(names.index(name) for name in said if name in names)
        for what, said in _facts().items()
        if isinstance(said, list) and what != "services" and set(said) & set(names)
    }
    return found if {"service", "sku", "start", "cost"} <= set(found) else {}


def _row(said: Mapping[str, str], number: int) -> BillRow:
    cost = said["cost"].replace(",", "").removeprefix("$")
    if not _NUMBER.fullmatch(cost):
        raise _wrong(f"line {number}: {said['cost']!r} is no amount")
    try:
        start = _day(said["start"])
        end = _day(said["end"]) if said.get("end") else start
    except ValueError:
        raise _wrong(f"line {number}: {said['start']!r} is no day") from None
    decimals = 9 if "e" in cost.lower() else len(cost.partition(".")[2])
    return BillRow(
        start, max(start, end), said["service"], said["sku"], model_of(said["sku"]),
        said.get("project", ""), Fraction(cost), decimals,
    )  # fmt: skip


def _day(said: str) -> date:
    """A day is one of the bill's; a moment is in UTC unless it says otherwise."""
    if len(said) == len("2026-11-25"):
        return date.fromisoformat(said)
    moment = datetime.fromisoformat(said.removesuffix(" UTC"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(PACIFIC).date()


def model_of(sku: str) -> str | None:
    """The model that a SKU is of, or None: text models have SKUs in the same words."""
    plain = f" {_plain(sku)} "
    found = [name for name in _names() if f" {name} " in plain]
    return _names()[max(found, key=len)] if found else None


@cache
def _names() -> Mapping[str, str]:
    said = {name: model for name, model in _facts()["names"].items() if name != "source"}
    return {**{_plain(model): model for model in models()}, **said}


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9.]+", " ", text.lower()).split())


@cache
def _facts() -> Mapping[str, Any]:
    return read_facts(FACTS / "billing.toml")


def _wrong(why: str, accepts: str = "the CSV of Google Cloud's cost table or export") -> Exception:
    return InvalidRequest("bill", why, accepts=accepts)
