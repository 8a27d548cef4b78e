"""Which calls a probe makes: each can show something that the others cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cavendish.core.model import Model

Colour = tuple[int, int, int]

COLOURS: Final[tuple[Colour, ...]] = (
    (255, 0, 170), (0, 190, 200), (150, 220, 0), (110, 40, 210), (255, 130, 0), (0, 110, 80),
    (255, 160, 190), (110, 70, 30),
)  # fmt: skip
"""Far from each other, and not those of the flags and signs that come to mind first."""

STRIPES: Final = 3
_THINGS: Final = ("teapot", "lighthouse", "bicycle", "cactus", "violin", "sailing boat")
_PLACES: Final = ("on a wooden table", "in deep snow", "under a street lamp", "on a sandy beach")


@dataclass(frozen=True, slots=True)
class Step:
    """One call. `reference` are the colours of the stripes in a picture that goes along, left to
    right; `wire_id` is the model's id to send where it is not the right one."""

    name: str
    why: str
    prompt: str
    size: str
    aspect_ratio: str
    text: bool = False
    reference: tuple[Colour, ...] = ()
    wire_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What is asked."""
        return {
            "name": self.name,
            "why": self.why,
            "prompt": self.prompt,
            "size": self.size,
            "aspect_ratio": self.aspect_ratio,
            "text": self.text,
            "reference": ["#{:02x}{:02x}{:02x}".format(*colour) for colour in self.reference],
            "wire_id": self.wire_id,
        }


def plan(model: Model, token: str, uniform: Callable[[float, float], float]) -> tuple[Step, ...]:
    """The calls, the most telling first. What is drawn differs from probe to probe, so that no
    answer can be kept ready; `token` makes the id that no model has."""
    small = "1K" if "1K" in model.pixels else model.sizes[0]
    large, wide = model.sizes[-1], _wide(model)
    thing, other = _two(_THINGS, uniform)
    here, there = _two(_PLACES, uniform)
    return (
        Step(
            "plain", "a small square picture: its model, marks and tokens",
            f"A photograph of a {thing} {here}", small, "1:1",
        ),
        Step(
            "large", "the largest size in another shape, and a picture of its own",
            f"A watercolour of a {other} {there}", large, wide,
        ),
        Step(
            "invented", "a model's id that does not exist, which must be refused",
            f"A pencil drawing of a {thing}", small, "1:1",
            wire_id=f"gemini-0-invented-{token[:6]}-image",
        ),
        Step(
            "reference", "a picture that goes along, whose colours the words do not name",
            "Three broad upright stripes that fill the picture, in exactly the three colours of "
            "the picture that goes along, in the same order", small, "1:1",
            reference=_colours(uniform),
        ),
        Step(
            "words", "a question without a picture in its answer: is that charged?",
            "Do not draw anything. Answer in one short sentence of text only: what is 17 times 3?",
            small, "1:1", text=True,
        ),
    )  # fmt: skip


def _wide(model: Model) -> str:
    ratios = model.aspect_ratios
    return next((ratio for ratio in ("16:9", "3:2", "4:3") if ratio in ratios), ratios[-1])


def _two(words: tuple[str, ...], uniform: Callable[[float, float], float]) -> tuple[str, str]:
    first = _index(len(words), uniform)
    second = (first + 1 + _index(len(words) - 1, uniform)) % len(words)
    return words[first], words[second]


def _colours(uniform: Callable[[float, float], float]) -> tuple[Colour, ...]:
    left = list(COLOURS)
    return tuple(left.pop(_index(len(left), uniform)) for _ in range(STRIPES))


def _index(count: int, uniform: Callable[[float, float], float]) -> int:
    return min(int(uniform(0.0, float(count))), count - 1)
