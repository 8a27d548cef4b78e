"""What came back: usage, outcomes, attempts and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from cavendish.core.money import Money

Outcome = Literal["not_sent", "rejected", "executed", "unknown"]
"""What is known of an attempt. Only `not_sent` and `rejected` release money."""

RELEASES_MONEY: frozenset[str] = frozenset({"not_sent", "rejected"})


UNDECODABLE: Final = frozenset({"format", "bomb", "undecodable"})
"""Findings after which a picture is not decoded again."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens by modality, as the service counted them."""

    input_text: int = 0
    input_image: int = 0
    output_text: int = 0
    output_thinking: int = 0
    output_image: int = 0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What a channel's headers say is left; None where they do not say."""

    remaining_requests: int | None = None
    remaining_tokens: int | None = None
    reset_s: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The limits as they appear in the command line's JSON."""
        return {
            "remaining_requests": self.remaining_requests,
            "remaining_tokens": self.remaining_tokens,
            "reset": self.reset_s,
        }


@dataclass(frozen=True, slots=True)
class Spooled:
    """One picture of an answer, in the spool: where it stands in the answer, and its digest."""

    index: int
    mime: str
    thought: bool
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed answer: pictures (in the spool), words, usage, and why it ended.

    `usage` is None when the service sent none. `finish` and `block` are the service's own words,
    lower-cased; an answer has a `block` when the prompt itself was refused. `sources` are what a
    search found: title and uri each, or a query. `tier` is the class of service that was given,
    `cost` what the provider itself says it charged.
    """

    pictures: tuple[Spooled, ...]
    text: str
    thoughts: str
    usage: Usage | None
    finish: str | None
    block: str | None
    message: str
    ratings: tuple[Mapping[str, Any], ...]
    model_version: str | None
    response_id: str | None
    sources: tuple[Mapping[str, str], ...] = ()
    tier: str | None = None
    cost: Money | None = None

    @property
    def finals(self) -> tuple[Spooled, ...]:
        """Every picture that is not a thought, in the order of the answer."""
        return tuple(p for p in self.pictures if not p.thought)

    @property
    def final(self) -> Spooled | None:
        """The last picture that is not a thought; the service sends the finished one last. What
        is declared to be something else is taken only where there is nothing but that."""
        pictures = [p for p in self.finals if not p.mime or p.mime.startswith("image/")]
        pictures = pictures or list(self.finals)
        return pictures[-1] if pictures else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a picture, as it stands in the result."""

    channel: str
    outcome: Outcome
    wait_s: float
    cost: Money

    def to_json(self) -> dict[str, Any]:
        """The attempt as it appears in the command line's JSON."""
        return {
            "channel": self.channel,
            "outcome": self.outcome,
            "wait_s": round(self.wait_s, 3),
            "cost_usd": self.cost.usd,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a picture is not what was asked for."""

    kind: str
    asked: str
    got: str

    def to_json(self) -> dict[str, str]:
        """The finding as it appears in JSON."""
        return {"kind": self.kind, "asked": self.asked, "got": self.got}

    def __str__(self) -> str:
        return f"{self.kind}: asked for {self.asked}, got {self.got}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that was paid for, as the journal keeps it for the next one who asks.

    `sha256` names the blob with the provider's own bytes. With `findings` it is not what was asked
    for, and whoever asks again is told so, and pays nothing. `others` are the digests of pictures
    that came in the same answer and are not the result. `model_version` is what the service calls
    the model that drew it. `turn` names the blob with the answer as a turn that a conversation
    goes on from, where one was kept. `charged` says that `cost` is the provider's own word.
    """

    sha256: str
    width: int
    height: int
    mime: str
    model: str
    channel: str
    text: str | None
    usage: Usage | None
    cost: Money
    request_id: str | None
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    thoughts: str | None = None
    sources: tuple[Mapping[str, str], ...] = ()
    others: tuple[str, ...] = ()
    model_version: str | None = None
    turn: str | None = None
    charged: bool = False

    @property
    def opens(self) -> bool:
        """Whether it may be decoded: it is a picture, and no decoder failed at it."""
        return UNDECODABLE.isdisjoint(finding.kind for finding in self.findings)

    def to_row(self) -> dict[str, Any]:
        """A JSON-ready form; `from_row` is its inverse."""
        row = {name: getattr(self, name) for name in self.__slots__}
        row["cost"] = self.cost.nanos
        row["findings"] = [finding.to_json() for finding in self.findings]
        row["sources"] = [dict(source) for source in self.sources]
        row["usage"] = self.usage and {name: getattr(self.usage, name) for name in Usage.__slots__}
        return row

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Drawn:
        """Reads what `to_row` wrote."""
        said = dict(row)
        said["cost"] = Money(said["cost"])
        said["usage"] = None if said["usage"] is None else Usage(**said["usage"])
        for name in ("warnings", "sources", "others"):
            said[name] = tuple(said.get(name, ()))
        said["findings"] = tuple(Finding(**finding) for finding in said["findings"])
        return cls(**said)
