"""The table of errors: every way a call can fail, with cause and next step (`errors.toml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final, Literal

from cavendish.catalog.loader import FACTS, read_facts
from cavendish.core import errors
from cavendish.core.errors import CavendishError

Billed = Literal["no", "unknown", "counted", "yes"]

FILLS: Final = {
    "service": "generativelanguage.googleapis.com",
    "permission": "aiplatform.endpoints.predict",
    "project": "PROJECT_ID",
}
"""What stands in a next step where the answer does not say it."""


@dataclass(frozen=True, slots=True)
class Sign:
    """How a row is known; every field that is given must hold (see the head of `errors.toml`)."""

    status: int | str | None = None
    code: str = ""
    name: str = ""
    quota: tuple[str, ...] = ()
    zero: bool = False
    detail: str = ""
    words: str = ""
    finish: str = ""
    block: str = ""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One way to fail. `billed` says what is known of the money, `opens` when it passes, `heard`
    how other programs call it."""

    name: str
    title: str
    kind: type[CavendishError]
    signs: tuple[Sign, ...]
    scope: str
    billed: Billed
    opens: str
    unit: str
    cause: str
    next_step: str
    docs_url: str | None
    source: str | None
    checked: date | None
    general: bool = False
    heard: tuple[str, ...] = ()

    def advice(self, known: Mapping[str, str]) -> str:
        """The next step, with the names in it filled in by what is known."""
        return self.next_step.format_map({**FILLS, **known})


@cache
def error_rows() -> Mapping[str, ErrorRow]:
    """Every row by name, in the order in which they are looked through."""
    return {name: _row(name, facts) for name, facts in read_facts(FACTS / "errors.toml").items()}


def answer_row(reason: str, *, block: bool) -> ErrorRow | None:
    """The row of a blockReason, or of a finishReason, in any case of letters."""
    for row in error_rows().values():
        for sign in row.signs:
            if reason and reason.upper() == (sign.block if block else sign.finish):
                return row
    return None


def class_row(kind: type[CavendishError]) -> ErrorRow:
    """The row that explains a class as such: its own, else its general one."""
    rows = [row for row in error_rows().values() if row.kind is kind]
    return next((r for r in rows if r.general or not r.signs), rows[0])


def _row(name: str, facts: dict[str, Any]) -> ErrorRow:
    source = facts.get("source", {})
    signs = (
        Sign(**{**sign, "quota": tuple(sign.get("quota", ()))}) for sign in facts.get("signs", ())
    )
    return ErrorRow(
        name=name,
        title=facts["title"],
        kind=getattr(errors, facts["class"]),
        signs=tuple(signs),
        scope=facts.get("scope", ""),
        billed=facts["billed"],
        opens=facts.get("opens", ""),
        unit=facts.get("unit", ""),
        cause=facts["cause"],
        next_step=facts["next_step"],
        docs_url=facts.get("docs_url"),
        source=source.get("url"),
        checked=source.get("checked"),
        general=facts.get("general", False),
        heard=tuple(facts.get("heard", ())),
    )
