"""What is asked for, as the user says it: checked, and made plain text. Nothing is invented."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, fields
from datetime import date
from fractions import Fraction
from typing import Any, Final

from cavendish.core.errors import InvalidRequest
from cavendish.insight.quota import MOST, Need

LONGEST_CHARS: Final = 20_000
LINE_CHARS: Final = 300
PAPERS: Final = ("a4", "letter")
TIERS: Final = ("1", "2", "3")
MOST_GROWTH: Final = 1_000
"""Per cent a month; more is no plan."""
_PROSE: Final = frozenset({"use_case", "justification", "data_note"})
_NUMBERS: Final = ("current_rpm", "current_rpd")
_PERCENT: Final = re.compile(r"(-?\d{1,4}(?:\.\d{1,2})?)\s*%?", re.ASCII)
_DIRECTIONS: Final = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]
)
"""Marks that turn the direction of writing: they could make a figure read as another."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted and who wants it; None is not said, and stays a blank to fill.

    `growth` is a share a month (0.2 is 20 %), `needed_by` the day the limits are needed, `tier` the
    usage tier the project is in, `current_rpm` and `current_rpd` the limits its own page shows.
    `named` is a project of the journal to which the figures are confined.
    """

    need: Need = field(default_factory=Need)
    use_case: str | None = None
    justification: str | None = None
    company: str | None = None
    contact: str | None = None
    project_number: str | None = None
    data_note: str | None = None
    growth: Fraction | None = None
    needed_by: date | None = None
    tier: str | None = None
    current_rpm: int | None = None
    current_rpd: int | None = None
    named: str | None = None

    @classmethod
    def of(
        cls, need: Need, *, growth: str | None, needed_by: str | date | None, today: date,
        **said: Any,
    ) -> Ask:  # fmt: skip
        """As people say it. Raises: InvalidRequest naming the field."""
        told: dict[str, Any] = {
            name: prose(name, value) if isinstance(value, str) and name != "named" else value
            for name, value in said.items()
        }
        tier = told.get("tier")
        if tier is not None and tier not in TIERS:
            raise InvalidRequest("tier", f"there is no paid tier {tier!r}", accepts=TIERS)
        for name in _NUMBERS:
            value = told.get(name)
            if value is not None and (type(value) is not int or not 1 <= value <= MOST):
                raise InvalidRequest(name, f"{value!r} is out of range", accepts=f"1..{MOST:,}")
        return cls(need, growth=_growth(growth), needed_by=_day(needed_by, today), **told)

    def to_json(self) -> dict[str, Any]:
        """Plain data; growth as a decimal share of a month."""
        found = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "need"}
        found["growth"] = None if self.growth is None else round(float(self.growth), 6)
        found["needed_by"] = None if self.needed_by is None else self.needed_by.isoformat()
        found["project"] = found.pop("named")
        return {**self.need.to_json(), **found}


def prose(name: str, said: str) -> str | None:
    """Words without what is not to be seen: controls, marks of direction, halves of a character.
    Only a long text keeps its lines. Blank is not said. Raises: InvalidRequest when too long."""
    most = LONGEST_CHARS if name in _PROSE else LINE_CHARS
    if len(said) > most:
        raise InvalidRequest(
            name, f"has {len(said):,} characters", accepts=f"{most:,} characters at most"
        )
    lines = re.split(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]", said)
    plain = [" ".join(_plain(line).split()) for line in lines]
    if name not in _PROSE:
        return " ".join(line for line in plain if line) or None
    return re.sub(r"\n{3,}", "\n\n", "\n".join(plain)).strip("\n") or None


def _plain(line: str) -> str:
    spaced = line.replace("\t", " ").translate(_DIRECTIONS)
    return "".join(char for char in spaced if unicodedata.category(char) not in {"Cc", "Cs", "Co"})


def _growth(said: str | None) -> Fraction | None:
    if said is None:
        return None
    found = _PERCENT.fullmatch(said.strip())
    if found is None or not -100 < Fraction(found[1]) <= MOST_GROWTH:
        raise InvalidRequest(
            "growth", f"{said!r} is no growth of a month", accepts="per cent, such as 20%"
        )
    return Fraction(found[1]) / 100


def _day(said: str | date | None, today: date) -> date | None:
    if said is None:
        return None
    try:
        found = said if isinstance(said, date) else date.fromisoformat(said)
    except ValueError:
        why = f"{said!r} is no day"
        raise InvalidRequest("needed_by", why, accepts="a day such as 2027-02-01") from None
    if not 0 <= (found - today).days <= 730:
        raise InvalidRequest("needed_by", f"{found} is past or far away", accepts="within 2 years")
    return found
