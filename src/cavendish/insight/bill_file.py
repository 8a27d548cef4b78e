"""Google Cloud's bill, read from a CSV file: the console's cost table or report, or rows of the
BigQuery export. Which columns and names there are is in catalog/billing.toml. A file is read line
by line, so its length does not matter.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from cavendish.catalog.loader import FACTS, models, read_facts
from cavendish.core.errors import InvalidRequest
from cavendish.insight.use import PACIFIC

LARGEST_USD = 10**9
_HEAD_BYTES = 64 * 1024
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d{1,2})?", re.ASCII)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LISTS = {"services", "no_usage", "adjustment"}


@dataclass(frozen=True, slots=True)
class BillRow:
    """One line of a service that draws. `model` is None where the SKU names none of ours; `usd` is
    before credits, written with so many `decimals` of a currency whose `unit` is worth that many
    USD. `amount` is what was used, in the SKU's own unit, where that is said. `adjusts` says that
    it changes what was billed before."""

    number: int
    start: date
    end: date
    sku: str
    model: str | None
    usd: Fraction
    decimals: int
    unit: Fraction
    amount: Fraction | None
    adjusts: bool
    written: tuple[str, ...]


def bill_rows(path: Path, cloud_project: str | None = None) -> Iterator[BillRow | None]:
    """The lines of the services that bill pictures, of one Google Cloud project if it is named;
    None for each line of something else: other services and projects, credits, taxes, totals.

    Raises: InvalidRequest naming the line, or the columns that are missing.
    """
    try:
        with path.open("rb") as file:
            first = file.read(_HEAD_BYTES)
        encoding = "utf-16" if first.startswith(_UTF_16) else "utf-8-sig"
        delimiter = _delimiter(first.decode(encoding, "replace"))
        with path.open(encoding=encoding, newline="") as lines:
            yield from _read(csv.reader(lines, delimiter=delimiter), delimiter, cloud_project)
    except OSError as error:
        raise _wrong(f"{path}: {error.strerror}", "a file that can be read") from None
    except (UnicodeError, csv.Error) as error:
        raise _wrong(f"{path} is no CSV: {error}") from None


def _read(
    lines: Iterator[list[str]], delimiter: str, cloud_project: str | None
) -> Iterator[BillRow | None]:
    columns: Mapping[str, int] = {}
    width, facts = 0, _facts()
    for number, line in enumerate(lines, start=1):
        if not columns:
            if line[:1] == ["Currency"] and line[1:2] not in ([], ["USD"]):
                raise _wrong(_not_usd("it", line[1]))
            columns, width = _columns(line), len(line)
            if columns and cloud_project is not None and "project" not in columns:
                raise _wrong("no column names a project", "a bill with the project's ID in it")
            continue
        if not any(line):
            continue
        if len(line) != width:
            raise _wrong(f"line {number} has {len(line)} columns and the head has {width}")
        said = {name: line[place].strip() for name, place in columns.items()}
        ours = cloud_project is None or said["project"] == cloud_project
        ours = ours and said["service"].lower() in facts["services"] and not said.get("credit")
        use = ours and said.get("kind", "").lower() not in facts["no_usage"]
        yield _row(said, number, delimiter, tuple(line)) if use else None
    if not columns:
        raise _wrong("no line names the columns of a service, an SKU, a start and a cost")


def _delimiter(text: str) -> str:
    """What stands between the columns: what makes a head of some line."""
    lines = text.splitlines()
    for mark in ",;\t":
        if any(_columns(row) for row in csv.reader(lines, delimiter=mark)):
            return mark
    return ","


def _columns(line: Sequence[str]) -> Mapping[str, int]:
    """Where each column stands, if this line is the head."""
    names = [name.strip().lower() for name in line]
    found = {
        what: next(names.index(name) for name in said if name in names)
        for what, said in _facts().items()
        if isinstance(said, list) and what not in _LISTS and set(said) & set(names)
    }
    return found if {"service", "sku", "start", "cost"} <= set(found) else {}


def _row(said: Mapping[str, str], number: int, mark: str, line: tuple[str, ...]) -> BillRow:
    try:
        start = _day(said["start"])
        end = _day(said["end"]) if said.get("end") else start
    except ValueError as error:
        raise _wrong(f"line {number}: {error.args[0]!r} is no day such as 2026-11-25") from None
    comma = mark != "," and said["cost"].rfind(",") > said["cost"].rfind(".")
    cost, decimals = _amount(said["cost"], comma, number)
    currency, unit = said.get("currency") or "USD", Fraction(1)
    if currency != "USD":
        if not said.get("rate"):
            raise _wrong(_not_usd(f"line {number}", currency))
        rate = _amount(said["rate"], comma, number)[0]
        if rate <= 0:
            raise _wrong(f"line {number}: {said['rate']!r} is no rate of a currency")
        unit = 1 / rate
    usd = cost * unit
    if abs(usd) > LARGEST_USD:
        raise _wrong(f"line {number}: {said['cost']!r} is more than anybody was ever billed")
    return BillRow(
        number, start, max(start, end), said["sku"], model_of(said["sku"]), usd, decimals, unit,
        _amount(said["amount"], comma, number)[0] if said.get("amount") else None,
        said.get("kind", "").lower() in _facts()["adjustment"], line,
    )  # fmt: skip


def _amount(said: str, comma: bool, number: int) -> tuple[Fraction, int]:
    try:
        return _number(said, comma)
    except ValueError:
        raise _wrong(f"line {number}: {said!r} is no amount") from None


@lru_cache(maxsize=4096)
def _number(said: str, comma: bool) -> tuple[Fraction, int]:
    """A number and its decimals, which stand after a `comma` or a point. Thousands may be
    grouped."""
    text = re.sub(r"[\s$\u202f]", "", said).lower()
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    text = text.replace(".", "").replace(",", ".") if comma else text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        raise ValueError(said)
    return Fraction(text), 9 if "e" in text else len(text.partition(".")[2])


@lru_cache(maxsize=4096)  # a file says the same day many times
def _day(said: str) -> date:
    """A day is one of the bill's; a moment is in UTC unless it says otherwise."""
    try:
        if len(said) == len("2026-11-25"):
            return date.fromisoformat(said)
        moment = datetime.fromisoformat(said.removesuffix(" UTC"))
    except ValueError:
        raise ValueError(said) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(PACIFIC).date()


@lru_cache(maxsize=4096)
def model_of(sku: str) -> str | None:
    """The model that a SKU is of, or None: text models have SKUs in the same words."""
    plain = f" {_plain(sku)} "
    found = [name for name in _names() if f" {name} " in plain]
    return _names()[max(found, key=len)] if found else None


def complete_days() -> int:
    """So many days after its own a day's bill is taken for whole."""
    days: int = _facts()["complete_days"]
    return days


@cache
def _names() -> Mapping[str, str]:
    said = {name: model for name, model in _facts()["names"].items() if name != "source"}
    return {**{_plain(model): model for model in models()}, **said}


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9.]+", " ", text.lower()).split())


@cache
def _facts() -> Mapping[str, Any]:
    return read_facts(FACTS / "billing.toml")


def _not_usd(what: str, currency: str) -> str:
    return (
        f"{what} is in {currency}, and the ledger is in USD; the BigQuery export with its column "
        "currency_conversion_rate can be read"
    )


def _wrong(why: str, accepts: str = "the CSV of Google Cloud's cost table or export") -> Exception:
    return InvalidRequest("bill", why, accepts=accepts)
