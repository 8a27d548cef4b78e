"""What is said about references in the prompt: the service has no field for roles and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cavendish.core.request import Reference, Role

PHRASES: Final[Mapping[Role | None, str]] = {
    "object": "Picture {n} shows an object: keep its shape, colours and markings{strength}.",
    "character": "Picture {n} shows a character: keep the face, hair, build and clothes{strength}.",
    "style": "Picture {n} is a style reference: take its style{strength}, and not its content.",
    None: "Picture {n} is a reference: go by it{strength}.",
}
"""By role. Pictures are counted from 1, in the order in which they are sent."""

STRENGTHS: Final = (
    (0.85, "in full"),
    (0.60, "strongly"),
    (0.35, "clearly, but not everywhere"),
    (0.10, "lightly"),
    (0.00, "as no more than a hint"),
)
"""What a weight means in words: the first whose bound it reaches."""


def phrase(number: int, reference: Reference) -> str:
    """The sentence about one picture; empty when neither role nor weight was said."""
    if reference.role is None and reference.weight is None:
        return ""
    return PHRASES[reference.role].format(n=number, strength=_strength(reference.weight))


def sentences(references: Sequence[Reference]) -> list[str]:
    """What is added to the prompt."""
    said = (phrase(number, one) for number, one in enumerate(references, start=1))
    return [sentence for sentence in said if sentence]


def worded(prompt: str, references: Sequence[Reference]) -> str:
    """The prompt, with a sentence for every reference that has a role or a weight."""
    said = sentences(references)
    return "\n\n".join([prompt, "\n".join(said)]) if said else prompt


def _strength(weight: float | None) -> str:
    if weight is None:
        return ""
    words = next(words for bound, words in STRENGTHS if weight >= bound)
    return f", at about {weight:.0%} strength ({words})".replace("%", " %")
