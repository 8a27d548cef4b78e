"""True is no number."""

from __future__ import annotations

import pytest

from cavendish.core.number import is_number, is_whole


@pytest.mark.parametrize(
    ("value", "whole", "number"),
    [(0, True, True), (-3, True, True), (1.5, False, True), (2.0, False, True),
     (True, False, False), (False, False, False), ("1", False, False), (None, False, False)],
)  # fmt: skip
def test_what_counts(value, whole, number):
    assert is_whole(value) is whole
    assert is_number(value) is number
