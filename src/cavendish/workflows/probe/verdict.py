"""What the calls of a probe show: each promise honoured, not honoured, or not to be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, Literal

from cavendish.catalog.loader import models
from cavendish.core.model import ChannelFacts, Model
from cavendish.imaging.fingerprint import same
from cavendish.imaging.swatch import share
from cavendish.send.judge import is_model
from cavendish.workflows.probe.seen import Seen

Grade = Literal["honoured", "not honoured", "cannot be told"]

SAME_AREA: Final = 0.25
"""A picture whose area is this near to what was asked is of that size, whatever its shape."""

_VISIBLE: Final = 0.003
"""Of the picture: less of a colour is chance."""

ADVICE: Final = {
    "size": "ask for no more than what came; large pictures are bought elsewhere",
    "ratio": "ask for the shape that came and cut it with --exact, or use another channel",
    "model": "do not pay for this model there; compare with channels evaluate",
    "invented id": "its name for a model proves nothing: judge by the pictures",
    "own picture": "answers are kept and sold again: do not use it for what must be new",
    "reference": "references are not looked at: buy edits and characters elsewhere",
    "tokens": "its counts are not the model's: compare every bill",
    "no picture": "a refusal costs as much as a picture there: count it into the price",
    "marks": "marks of origin are lost: where they must be kept, use direct Google channels",
    "billing": "compare with the provider's own bill before you buy more",
}
"""What to do where a promise is not kept."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One promise: what was asked, what came, and the grade; `advice` where it is not kept."""

    promise: str
    grade: Grade
    asked: str
    got: str

    @property
    def advice(self) -> str | None:
        """What to do."""
        return ADVICE.get(self.promise) if self.grade == "not honoured" else None

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "promise": self.promise,
            "grade": self.grade,
            "asked": self.asked,
            "got": self.got,
            "advice": self.advice,
        }


def verdict(calls: Sequence[Seen], model: Model, channel: ChannelFacts) -> tuple[Graded, ...]:
    """Every promise that these calls can speak of. Pure: the same evidence, the same verdict."""
    by_name = {seen.step.name: seen for seen in calls}
    large = by_name.get("large")
    return (
        _size(large, model),
        _ratio(large, model),
        _model(calls, model, channel.ids.get(model.id, model.id)),
        _invented(by_name.get("invented")),
        _own_picture(calls),
        _reference(by_name.get("reference"), by_name.get("plain")),
        _tokens(calls, model),
        _marks(calls, model, channel),
    )


def _untold(promise: str, asked: str, seen: Seen | None) -> Graded:
    return Graded(promise, "cannot be told", asked, seen.came if seen else "not asked")


def _size(large: Seen | None, model: Model) -> Graded:
    if large is None or not large.drew:
        return _untold("size", model.sizes[-1], large)
    size = large.step.size
    width, height = model.pixels[size][large.step.aspect_ratio]
    asked = f"{size} ({width}x{height})"
    if len(model.sizes) == 1:
        return Graded("size", "cannot be told", asked, f"{large.came}; the model has one size")
    near = abs(large.width * large.height / (width * height) - 1) <= SAME_AREA
    return Graded("size", "honoured" if near else "not honoured", asked, large.came)


def _ratio(large: Seen | None, model: Model) -> Graded:
    if large is None or not large.drew:
        return _untold("ratio", "another shape", large)
    ratio = large.step.aspect_ratio
    width, height = model.pixels[large.step.size][ratio]
    near = abs(large.width / large.height / (width / height) - 1) <= 0.05
    return Graded("ratio", "honoured" if near else "not honoured", ratio, large.came)


def _model(calls: Sequence[Seen], model: Model, its_id: str) -> Graded:
    right = [seen for seen in calls if seen.drew and seen.step.wire_id is None]
    if not right:
        return _refusal(calls, model)
    versions = sorted({seen.model_version for seen in right if seen.model_version})
    strange = [one for one in versions if not is_model(one, model.id, its_id)]
    signs = [f"{one} answered" for one in strange] + list(dict.fromkeys(_signs(right, model)))
    if signs:
        return Graded("model", "not honoured", model.id, "; ".join(signs))
    invented = next((seen for seen in calls if seen.step.wire_id is not None), None)
    if versions and (invented is None or not invented.answered):
        return Graded("model", "honoured", model.id, f"{', '.join(versions)}, by its own word")
    why = "an invented id was answered too" if versions else "the answers do not name their model"
    return Graded("model", "cannot be told", model.id, why)


def _refusal(calls: Sequence[Seen], model: Model) -> Graded:
    """Requests that the model takes are taken by whoever has it."""
    asked = [seen for seen in calls if seen.step.wire_id is None]
    invalid = [
        s for s in asked if s.refused and s.error is not None and s.error.category == "invalid"
    ]
    if not invalid or len(invalid) < len(asked):
        return _untold("model", model.id, asked[0] if asked else None)
    assert invalid[0].error is not None
    got = f"refuses what this model takes: {invalid[0].error.message}"
    return Graded("model", "not honoured", model.id, got)


def _signs(calls: Sequence[Seen], model: Model) -> Iterator[str]:
    """What another model would have sent and this one does not: pixels, tokens."""
    ours = {cell for cells in model.pixels.values() for cell in cells.values()}
    for seen in calls:
        cell = (seen.width, seen.height)
        if cell not in ours and (other := _drawer(cell)):
            yield f"{cell[0]}x{cell[1]} is a size of {other}, and not of {model.id}"
        counted = seen.usage.output_image if seen.usage else 0
        if counted and counted not in _counts(model):
            others = [one.id for one in models().values() if counted in _counts(one)]
            if others:
                yield f"{counted} image tokens are counted, as for {', '.join(others)}"


def _drawer(cell: tuple[int, int]) -> str | None:
    for one in models().values():
        if any(cell in cells.values() for cells in one.pixels.values()):
            return one.id
    return None


def _sizes_of(cell: tuple[int, int], model: Model) -> Iterator[str]:
    return (size for size, cells in model.pixels.items() if cell in cells.values())


def _counts(model: Model) -> set[int]:
    """Tokens of a picture of the model, at any size, on any of its price sheets."""
    return {n for sheet in model.sheets.values() for n in sheet.image_tokens.values()}


def _invented(seen: Seen | None) -> Graded:
    asked = f"{seen.step.wire_id} is refused" if seen else "an invented id is refused"
    if seen is None or not (seen.answered or seen.refused):
        return _untold("invented id", asked, seen)
    if seen.refused:
        return Graded("invented id", "honoured", asked, f"{seen.came}, free")
    by = f" by {seen.model_version}" if seen.model_version else ""
    return Graded("invented id", "not honoured", asked, f"answered{by}: {seen.came}, {seen.cost}")


def _own_picture(calls: Sequence[Seen]) -> Graded:
    asked = "another picture for other words"
    drawn = [seen for seen in calls if seen.drew]
    for one, other in combinations(drawn, 2):
        grids = one.grid and other.grid and same(one.grid, other.grid)
        if one.sha256 == other.sha256 or grids:
            got = f"the calls {one.step.name} and {other.step.name} brought the same picture"
            return Graded("own picture", "not honoured", asked, got)
    if len(drawn) < 2:
        return _untold("own picture", asked, drawn[0] if drawn else None)
    return Graded("own picture", "honoured", asked, f"{len(drawn)} pictures, all different")


def _reference(seen: Seen | None, plain: Seen | None) -> Graded:
    if seen is None or not seen.drew or not seen.grid:
        return _untold("reference", "the colours of the picture that goes along", seen)
    asked = "the colours " + ", ".join(seen.step.to_json()["reference"])
    before = plain.grid if plain is not None else b""
    there = [
        colour
        for colour in seen.step.reference
        if share(seen.grid, colour) > _VISIBLE + share(before, colour)
    ]
    got = f"{len(there)} of {len(seen.step.reference)} are in the picture"
    counted = seen.usage.input_image if seen.usage else 0
    if counted:
        got += f"; {counted} tokens are counted for the reference"
    if 2 * len(there) > len(seen.step.reference):
        return Graded("reference", "honoured", asked, got)
    grade: Grade = "cannot be told" if counted else "not honoured"
    return Graded("reference", grade, asked, got)


def _tokens(calls: Sequence[Seen], model: Model) -> Graded:
    drawn = [seen for seen in calls if seen.drew and seen.step.wire_id is None]
    counted = [(seen, seen.usage.output_image) for seen in drawn if seen.usage is not None]
    asked = "image tokens as the model's own table has them"
    told = [(seen, n) for seen, n in counted if n]
    if not told:
        return Graded("tokens", "cannot be told", asked, "none are counted")
    wrong = []
    for seen, n in told:
        sizes = set(_sizes_of((seen.width, seen.height), model)) or {seen.step.size}
        table = {
            sheet.image_tokens[size]
            for sheet in model.sheets.values()
            for size in sizes & sheet.image_tokens.keys()
        }
        if table and n not in table:
            of = " or ".join(map(str, sorted(table)))
            wrong.append(f"{seen.step.name}: {n} for {seen.came}, where the table has {of}")
    if wrong:
        return Graded("tokens", "not honoured", asked, "; ".join(wrong))
    said = ", ".join(f"{n} at {seen.step.size}" for seen, n in told)
    return Graded("tokens", "honoured", asked, said)


def _marks(calls: Sequence[Seen], model: Model, channel: ChannelFacts) -> Graded:
    asked = "the bytes as Google's model wrote them, with its marks of origin"
    drawn = [seen for seen in calls if seen.drew and seen.step.wire_id is None]
    if not drawn or channel.realm == "simulated":
        got = "drafts have none" if drawn else "no picture came"
        return Graded("marks", "cannot be told", asked, got)
    marked = [seen for seen in drawn if seen.marks]
    if len(marked) == len(drawn):
        return Graded("marks", "honoured", asked, ", ".join(marked[0].marks))
    got = f"{len(marked)} of {len(drawn)} carry marks: encoded again, or not Google's model"
    if strange := {seen.mime for seen in drawn} - {model.output_mime}:
        got += f"; {', '.join(sorted(strange))} came, the model writes {model.output_mime}"
    return Graded("marks", "not honoured", asked, got)
