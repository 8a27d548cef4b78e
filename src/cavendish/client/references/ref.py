"""A reference as the caller says it: a picture, what it is there for, and how much it counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, get_args

from cavendish.client.image import Image
from cavendish.core.errors import InvalidRequest
from cavendish.core.number import is_number
from cavendish.core.request import Role

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

Picture: TypeAlias = "str | Path | bytes | Image | PilImage"
ReferenceLike: TypeAlias = "Picture | Ref"

ROLES: Final[tuple[str, ...]] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Ref:
    """A picture to go by: a file, bytes, a PIL image or an earlier picture.

    `role` is object, character or style, and `weight` (0 to 1) how much it counts; both are said
    in the prompt. Without them the picture goes along and the prompt stays as it is.
    """

    picture: Picture
    role: Role | None = None
    weight: float | None = None

    def __post_init__(self) -> None:
        if self.role is not None and self.role not in ROLES:
            raise InvalidRequest("references", f"there is no role {self.role!r}", accepts=ROLES)
        weight = self.weight
        if weight is None:
            return
        if not is_number(weight) or not 0 <= weight <= 1:
            raise InvalidRequest("references", f"weight {weight!r} is out of range", accepts="0..1")

    @classmethod
    def parse(cls, text: str) -> Ref:
        """From FILE[:role[:weight]]. What follows a colon is a role only if it is one."""
        name, weight = text, None
        head, _, last = text.rpartition(":")
        if last not in ROLES and head.rpartition(":")[2] in ROLES:
            name, weight = head, last
        file, _, role = name.rpartition(":")
        if not file or role not in ROLES or (_is_file(text) and not _is_file(file)):
            return cls(Path(text))
        return cls(Path(file), _role(role), None if weight is None else _number(weight))

    @classmethod
    def parse_style(cls, text: str) -> Ref:
        """From FILE[:0..1]: a style reference."""
        file, _, weight = text.rpartition(":")
        if not file or not _is_number(weight) or (_is_file(text) and not _is_file(file)):
            return cls(Path(text), "style")
        return cls(Path(file), "style", float(weight))


def ref_of(given: ReferenceLike, *, style: bool = False) -> Ref:
    """The reference as a Ref, of style where it is given as one. Raises: InvalidRequest."""
    ref = given if isinstance(given, Ref) else Ref(given)
    if not style or ref.role == "style":
        return ref
    if ref.role is not None:
        raise InvalidRequest("style_references", f"one is {ref.role}", accepts="references for it")
    return Ref(ref.picture, "style", ref.weight)


def _role(text: str) -> Role:
    found: dict[str, Role] = {"object": "object", "character": "character", "style": "style"}
    return found[text]


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str) -> float:
    if not _is_number(text):
        raise InvalidRequest("references", f"weight {text!r} is no number", accepts="0..1")
    return float(text)
