"""Is it what was asked for? Judged by the picture's own header and pixels, never by what the
answer says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, BinaryIO

from cavendish.core.errors import ContractViolation
from cavendish.core.examination import Examination
from cavendish.core.model import Model
from cavendish.core.money import Money
from cavendish.core.request import ImageRequest
from cavendish.core.result import Drawn, Finding
from cavendish.imaging.header import Bomb, Header, NotAPicture
from cavendish.imaging.inspect import inspect
from cavendish.send import shape

UNKNOWN_MIME = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the contract needs to know of a request; kept with the attempt.

    `references` are the digests of the pictures that went along, `earlier` is how many pictures
    of earlier turns did, `before` are their digests. `dialect` is what was spoken: a user's channel
    may be gone, or another, when the answer is judged. `keeps_turn` says that a conversation will
    go on from the answer.
    """

    model: str
    size: str
    aspect_ratio: str
    tier: str = "standard"
    prompt_bytes: int = 0
    references: Sequence[str] = ()
    dialect: str = "gemini"
    earlier: int = 0
    keeps_turn: bool = False
    before: Sequence[str] = ()

    @classmethod
    def of(cls, request: ImageRequest, dialect: str = "gemini") -> Asked:
        """What a request asks for, in this dialect."""
        return cls(
            request.model,
            request.size,
            request.aspect_ratio,
            request.tier,
            request.text_bytes,
            tuple(reference.sha256 for reference in request.references),
            dialect,
            len(request.shown) - len(request.references),
            bool(request.kept_for),
            tuple(one.sha256 for turn in request.history for one in turn.pictures),
        )

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Asked:
        """Reads what `to_row` wrote, now or in an earlier version."""
        shown = {name: tuple(row.get(name, ())) for name in ("references", "before")}
        return cls(**{**row, **shown})

    def to_row(self) -> dict[str, Any]:
        """A JSON-ready form."""
        row: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return {**row, "references": list(self.references), "before": list(self.before)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a picture is, every way in which it is another than was asked for (`findings`), and
    what is odd about it and does no harm (`notes`). Sizes in pixels; 0 where it is no picture."""

    width: int
    height: int
    mime: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def verdict(
    asked: Asked,
    model: Model,
    file: BinaryIO,
    *,
    declared: str,
    sha256: str,
    examine: Callable[[], Examination | None],
    prices: Mapping[str, Money],
) -> Verdict:
    """Judges the picture in `file`. `declared` is the type that the answer gives it; `examine`
    decodes it, and is not called for what must not be decoded. `prices` are by size."""
    try:
        header = inspect(file)
    except NotAPicture as problem:
        kind = "bomb" if isinstance(problem, Bomb) else "format"
        finding = Finding(kind, "a PNG, JPEG or WebP picture", str(problem))
        return Verdict(0, 0, UNKNOWN_MIME, (finding,))
    seen = examine()
    known = seen if seen is not None and seen.known else None
    shown = (*asked.references, *asked.before)
    if sha256 in shown:
        known = replace(known or Examination(), copy_of=shown.index(sha256) + 1)
    return Verdict(
        header.width,
        header.height,
        header.mime,
        check(asked, header, model, known, prices),
        tuple(_notes(asked, header, model, declared, seen)),
    )


def check(
    asked: Asked,
    header: Header,
    model: Model,
    seen: Examination | None = None,
    prices: Mapping[str, Money] = MappingProxyType({}),
) -> tuple[Finding, ...]:
    """Every way in which a picture is not what was asked for; `seen` is None where only the header
    was looked at. Legal pictures of the model's table give none."""
    found = [*_file(header), *shape.check(asked.size, asked.aspect_ratio, header, model, prices)]
    if seen is not None:
        found += _pixels(header, seen, len(asked.references))
    return tuple(found)


def violation(drawn: Drawn, paid: Money) -> ContractViolation | None:
    """The error for a picture with findings. `paid` is what this call paid for it."""
    if not drawn.findings:
        return None
    return ContractViolation(
        "the picture is not what was asked for: " + "; ".join(map(str, drawn.findings)),
        next_step="it is kept; --no-cache buys another",
        billed=bool(paid),
        details={
            "findings": [finding.to_json() for finding in drawn.findings],
            "cost_usd": paid.usd,
        },
    )


def _file(header: Header) -> Iterator[Finding]:
    if not header.complete:
        yield Finding("truncated", "a whole file", "a file that breaks off")
    if header.trailing_bytes > 0:
        got = f"{header.trailing_bytes} bytes after its end"
        yield Finding("trailing bytes", "a picture and nothing else", got)
    if header.bits > 8:
        yield Finding("bit depth", "8 bits per channel", f"{header.bits} bits")
    if header.colour in {"cmyk", "ycck"}:
        yield Finding("colour", "RGB", header.colour.upper())
    if header.orientation != 1:
        got = f"stored turned or mirrored (EXIF orientation {header.orientation})"
        yield Finding("orientation", "upright", got)
    if header.frames > 1:
        yield Finding("frames", "one picture", "an animation or several pictures in one file")


def _pixels(header: Header, seen: Examination, references: int) -> Iterator[Finding]:
    if seen.problem:
        yield Finding("undecodable", "a picture that can be opened", seen.problem)
        return
    if seen.lost and header.complete:
        got = f"no data for the last {max(1, round(100 * seen.lost))} % of its rows"
        yield Finding("truncated", "a whole picture", got)
    if seen.transparent:
        share = "all" if seen.transparent == 1 else f"{max(0.1, 100 * seen.transparent):.1f} %"
        yield Finding("transparency", "opaque pixels", f"{share} of its pixels are not opaque")
    if seen.copy_of is not None:
        number = seen.copy_of
        of = f"reference {number}" if number <= references else "one of an earlier turn"
        yield Finding("copy", "a new picture", f"{of}, unchanged")
    elif seen.blank:
        yield Finding("blank", "a picture", "one colour all over")


def _notes(
    asked: Asked, header: Header, model: Model, declared: str, seen: Examination | None
) -> Iterator[str]:
    if declared and _type(declared) != header.mime:
        yield f"the service calls it {declared}, and it is {header.mime}"
    yield from shape.note(asked.size, asked.aspect_ratio, header, model)
    if seen is not None and not seen.known:
        yield f"judged by its header alone: {seen.problem}"


def _type(declared: str) -> str:
    mime = declared.partition(";")[0].strip().lower()
    return "image/jpeg" if mime in {"image/jpg", "image/pjpeg"} else mime
