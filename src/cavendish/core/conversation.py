"""A conversation about a picture: what was asked in each turn, and what came of it.

Nothing of it is ever lost: a turn names the one it goes on from, and taking a turn back only moves
the head. What is read from a file is checked here, field by field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self, cast, get_args

from cavendish.core.model import Realm
from cavendish.core.money import Money
from cavendish.core.number import is_number, is_whole

VERSION: Final = 1
MOST_TURNS: Final = 10_000
MOST_REFERENCES: Final = 100
LONGEST_TEXT: Final = 2_000_000
LONGEST_NAME: Final = 4_096
ID: Final = re.compile(r"[0-9a-f]{8}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class NotAConversation(Exception):
    """What was read is none; the words say where and why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that was sent along, by its digest."""

    sha256: str
    mime: str
    name: str = ""
    role: str | None = None
    weight: float | None = None

    def to_row(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_row(cls, row: object, where: str) -> Self:
        """Reads what `to_row` wrote. Raises: NotAConversation."""
        said = _row(row, cls, where)
        _digests(said, where, "sha256")
        _texts(said, where, LONGEST_NAME, "mime", "name", "role")
        weight = said["weight"]
        if weight is not None and not (is_number(weight) and 0 <= weight <= 1):
            raise NotAConversation(f"{where}.weight is no number from 0 to 1")
        return cls(**said)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn: what was asked, and the picture that came.

    `prompt` is what the user said, `sent` the words as they went out. `parent` is the turn it goes
    on from, or None. With `fresh` nothing before it was sent as turns: there the history begins.
    `answer` is the digest of the service's own turn, or None where none could be kept; `picture`,
    `width` and `height` (pixels), `size` and `aspect_ratio` are the picture's, `path` is the file
    that was asked for. `at_ns` is when it came, since 1970 UTC.
    """

    id: str
    parent: str | None
    prompt: str
    sent: str
    references: tuple[Seen, ...]
    fresh: bool
    answer: str | None
    picture: str
    mime: str
    width: int
    height: int
    size: str
    aspect_ratio: str
    text: str | None
    path: str | None
    cost_nanos: int
    channel: str
    model: str
    at_ns: int

    @property
    def cost(self) -> Money:
        """What was paid for it."""
        return Money(self.cost_nanos)

    @property
    def digests(self) -> tuple[str, ...]:
        """Every stored file it names, what its answer names apart."""
        shown = [one.sha256 for one in self.references]
        return (*shown, self.picture, *([] if self.answer is None else [self.answer]))

    def to_row(self) -> dict[str, Any]:
        """A JSON-ready form."""
        row: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return {**row, "references": [one.to_row() for one in self.references]}

    @classmethod
    def from_row(cls, row: object, where: str) -> Self:
        """Reads what `to_row` wrote. Raises: NotAConversation."""
        said = _row(row, cls, where)
        _digests(said, where, "id", "picture", "parent", "answer")
        _texts(said, where, LONGEST_TEXT, "prompt", "sent", "text")
        _texts(
            said, where, LONGEST_NAME, "mime", "size", "aspect_ratio", "channel", "model", "path"
        )
        for name in ("width", "height", "cost_nanos", "at_ns"):
            if not is_whole(said[name]) or not 0 <= said[name] < 2**63:
                raise NotAConversation(f"{where}.{name} is no count")
        if not isinstance(said["fresh"], bool):
            raise NotAConversation(f"{where}.fresh is neither true nor false")
        shown = said["references"]
        if not isinstance(shown, list) or len(shown) > MOST_REFERENCES:
            raise NotAConversation(f"{where}.references is no list of {MOST_REFERENCES} at most")
        references = (Seen.from_row(one, f"{where}.references[{n}]") for n, one in enumerate(shown))
        return cls(**{**said, "references": tuple(references)})


_MAY_BE_NULL: Final = frozenset({"parent", "answer", "text", "path", "role", "weight"})


@dataclass(frozen=True, slots=True)
class Conversation:
    """All turns in the order of their arrival, and the one that the next goes on from."""

    id: str
    realm: Realm
    created_ns: int
    head: str | None = None
    exchanges: tuple[Exchange, ...] = ()

    @property
    def turns(self) -> tuple[Exchange, ...]:
        """The turns that count, from the first to the head."""
        return self.up_to(self.head)

    @property
    def beside(self) -> tuple[Exchange, ...]:
        """The turns that were taken back, or lost a race."""
        counted = {one.id for one in self.turns}
        return tuple(one for one in self.exchanges if one.id not in counted)

    @property
    def cost(self) -> Money:
        """What all turns cost, those taken back included."""
        return Money.total(one.cost for one in self.exchanges)

    def up_to(self, turn: str | None) -> tuple[Exchange, ...]:
        """The turns from the first to that one."""
        known = {one.id: one for one in self.exchanges}
        found: list[Exchange] = []
        while turn is not None:
            found.append(known[turn])
            turn = known[turn].parent
        return tuple(reversed(found))

    def leads_to(self, turn: str | None) -> bool:
        """Whether the head is that turn, or is before it."""
        return self.head is None or self.head in {one.id for one in self.up_to(turn)}

    def with_turn(self, exchange: Exchange) -> Conversation:
        """The same with one more turn; its head moves only where nothing came in between.

        A turn that is there already is not added again: two who asked the same got the same.
        """
        known = {one.id for one in self.exchanges}
        if exchange.id in known:
            moves = exchange.parent == self.head
            return replace(self, head=exchange.id) if moves else self
        head = exchange.id if exchange.parent == self.head else self.head
        return replace(self, head=head, exchanges=(*self.exchanges, exchange))

    def to_row(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "version": VERSION,
            "id": self.id,
            "realm": self.realm,
            "created_ns": self.created_ns,
            "head": self.head,
            "turns": [one.to_row() for one in self.exchanges],
        }

    @classmethod
    def from_row(cls, row: object) -> Self:
        """Reads what `to_row` wrote. Raises: NotAConversation naming the field."""
        names = {"version", "id", "realm", "created_ns", "head", "turns"}
        if not isinstance(row, Mapping) or set(row) != names:
            raise NotAConversation(f"it is no object with {', '.join(sorted(names))}")
        if row["version"] != VERSION:
            raise NotAConversation(f"its version is {row['version']!r}, and {VERSION} is known")
        if not isinstance(row["id"], str) or not ID.fullmatch(row["id"]):
            raise NotAConversation("its id is not 8 hexadecimal digits")
        if row["realm"] not in get_args(Realm):
            raise NotAConversation("its realm is neither real nor simulated")
        if not is_whole(row["created_ns"]) or not 0 <= row["created_ns"] < 2**63:
            raise NotAConversation("created_ns is no count")
        turns = row["turns"]
        if not isinstance(turns, list) or len(turns) > MOST_TURNS:
            raise NotAConversation(f"turns is no list of {MOST_TURNS} at most")
        exchanges: list[Exchange] = []
        known: set[str | None] = {None}
        for number, one in enumerate(turns):
            exchange = Exchange.from_row(one, f"turns[{number}]")
            if exchange.parent not in known or exchange.id in known:
                raise NotAConversation(f"turns[{number}] goes on from no turn before it")
            known.add(exchange.id)
            exchanges.append(exchange)
        head = row["head"]
        if head is not None and (not isinstance(head, str) or head not in known):
            raise NotAConversation("its head is none of its turns")
        realm = cast("Realm", row["realm"])
        return cls(row["id"], realm, row["created_ns"], head, tuple(exchanges))


def _row(row: object, kind: type, where: str) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    if not isinstance(row, Mapping) or set(row) != names:
        raise NotAConversation(f"{where} is no object with {', '.join(sorted(names))}")
    return dict(row)


def _digests(row: Mapping[str, Any], where: str, *names: str) -> None:
    for name in names:
        value = row[name]
        if value is None and name in _MAY_BE_NULL:
            continue
        if not isinstance(value, str) or not _DIGEST.fullmatch(value):
            raise NotAConversation(f"{where}.{name} is no SHA-256")


def _texts(row: Mapping[str, Any], where: str, most: int, *names: str) -> None:
    for name in names:
        value = row[name]
        if value is None and name in _MAY_BE_NULL:
            continue
        if not isinstance(value, str) or len(value) > most:
            raise NotAConversation(f"{where}.{name} is no text of {most:,} characters at most")
