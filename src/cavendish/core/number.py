"""What counts as a number: to Python True is 1, to people and in JSON it is not."""

from __future__ import annotations

from typing import TypeGuard


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is a whole number, and neither True nor False."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number, and neither True nor False."""
    return is_whole(value) or isinstance(value, float)
