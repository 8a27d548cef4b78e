"""A call before it is sent, checked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from cavendish.client.calls.intake import Intake
from cavendish.client.channels.access import Access
from cavendish.core.errors import InvalidRequest
from cavendish.core.number import is_number, is_whole
from cavendish.send.route import Route

MOST_PICTURES = 100
LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A checked call: what to ask, through what, how often.

    References may be split into several requests; each of them is drawn `n` times. `ways` are in
    the order in which they are asked, `routes` those of each request.
    """

    intakes: tuple[Intake, ...]
    ways: tuple[Access, ...]
    routes: tuple[tuple[Route, ...], ...]
    n: int
    notices: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def access(self) -> Access:
        """The way that is asked first."""
        return self.ways[0]

    @property
    def intake(self) -> Intake:
        """The first request; the others differ from it in their references only."""
        return self.intakes[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """Why defaults are what they are, and what was done to references."""
        return tuple(dict.fromkeys(chain.from_iterable(one.notes for one in self.intakes)))

    @property
    def pictures(self) -> int:
        """How many pictures in all."""
        return self.n * len(self.intakes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the caller should know before and after."""
        changes = (f"if {r.channel} is asked: {c}" for r in self.routes[0] for c in r.changes)
        ways = chain.from_iterable(way.notices for way in self.ways)
        return (*self.notices, *ways, *self.intake.warnings, *self.advice, *changes)


def pictures(n: int) -> int:
    """How many pictures, if that many may be asked for at once. Raises: InvalidRequest."""
    if not is_whole(n) or not 1 <= n <= MOST_PICTURES:
        raise InvalidRequest("n", f"{n!r} pictures", accepts=f"1..{MOST_PICTURES}")
    return n


def positive(field: str, *given: float | None) -> float:
    """The first number that was given, if it is a sensible time. Raises: InvalidRequest."""
    value = next(one for one in given if one is not None)
    if not is_number(value) or not 0 < value <= 3600:
        raise InvalidRequest(field, f"{value!r} is out of range", accepts="seconds up to 3600")
    return float(value)


def natural(field: str, value: int) -> int:
    """The number, if it is a sensible count. Raises: InvalidRequest."""
    if not is_whole(value) or not 0 <= value <= 100:
        raise InvalidRequest(field, f"{value!r} is out of range", accepts="0..100")
    return value


def label(field: str, text: str) -> str:
    """A project's or tag's name, if it is plain text and not too long. Raises: InvalidRequest."""
    plain = isinstance(text, str) and text.isprintable() and not text.isspace()
    if not plain or not 0 < len(text) <= LONGEST_LABEL:
        raise InvalidRequest(
            field, f"{text!r} cannot be a name", accepts=f"1..{LONGEST_LABEL} printable characters"
        )
    return text
