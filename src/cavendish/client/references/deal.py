"""How many references a request takes, and how more of them are dealt into several requests.

The rule: style references go into every request. The others are dealt in the order given into the
fewest requests that the model's limits allow, as evenly as the limits allow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar

from cavendish.catalog import loader
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Model
from cavendish.core.request import Role


class HasRole(Protocol):
    """Anything that may have a role."""

    @property
    def role(self) -> Role | None:
        """What it is there for, if that was said."""
        ...


One = TypeVar("One", bound=HasRole)


def check_limits(given: Sequence[HasRole], model: Model) -> None:
    """Raises InvalidRequest, naming what the model takes and the ways out, when it is too much."""
    problem = _problem(given, model)
    if problem is None:
        return
    said, limit = problem
    larger = [
        other.id
        for other in loader.models().values()
        if other.id != model.id and _problem(given, other) is None
    ]
    third = "or put several into one picture"
    if larger:
        third = f"or a model that takes them: {larger[0]}"
    raise InvalidRequest(
        "references",
        f"{said}; {model.id} takes {limit}",
        accepts=f"at most {limit}; or ask in several requests: --split-references "
        f"(split_references=True); {third}",
    )


def dealt(given: Sequence[One], model: Model) -> tuple[tuple[One, ...], ...]:
    """The references of each request, by the rule above. Raises: InvalidRequest."""
    if _problem(given, model) is None:
        return (tuple(given),)
    styles = [one for one in given if one.role == "style"]
    others = [one for one in given if one.role != "style"]
    room = model.references - len(styles)
    if not others or room < 1 or len(styles) > model.references_by_role["style"]:
        most = min(model.references_by_role["style"], model.references - 1)
        raise InvalidRequest(
            "references",
            f"{len(styles)} styles; they go into every request, and {model.id} takes {most} of "
            "them beside others",
            accepts=f"at most {most} styles",
        )
    fewest = len(_shares(others, model, room))
    even = next(
        shares
        for most in range(1, room + 1)
        if len(shares := _shares(others, model, most)) == fewest
    )
    return tuple((*share, *styles) for share in even)


def _shares(given: Sequence[One], model: Model, most: int) -> list[list[One]]:
    """Filled in order: a new request begins where the next reference would be one too many."""
    shares: list[list[One]] = [[]]
    counts: Counter[Role | None] = Counter()
    for one in given:
        full = one.role is not None and counts[one.role] >= model.references_by_role[one.role]
        if full or len(shares[-1]) >= most:
            shares.append([])
            counts.clear()
        shares[-1].append(one)
        counts[one.role] += 1
    return shares


def _problem(given: Sequence[HasRole], model: Model) -> tuple[str, str] | None:
    """What is too much, and how much is taken."""
    if len(given) > model.references:
        return f"{len(given)} given", f"{model.references}"
    for role, count in Counter(one.role for one in given).items():
        if role is not None and count > model.references_by_role[role]:
            return f"{count} {role}s given", _takes(model)
    return None


def _takes(model: Model) -> str:
    each = [f"{most} {role}s" for role, most in model.references_by_role.items()]
    return f"{', '.join(each)}, {model.references} in all"
