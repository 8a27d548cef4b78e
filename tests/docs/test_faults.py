"""The page of faults: every number is there, and every test it names is there and says so."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/faults.md"
NUMBERS = {
    f"T{n}" for first, last in ((20, 65), (120, 123), (187, 187)) for n in range(first, last + 1)
}
ROW = re.compile(r"\| (T\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
# The page stands in the tree; a test of the wheel alone has none.
LINES = PAGE.read_text("utf-8").splitlines() if PAGE.exists() else []
ROWS = [match.groups() for match in map(ROW.fullmatch, LINES) if match]
pytestmark = pytest.mark.tree


@cache
def said_in(path):
    """A file's tests and what they say of themselves."""
    return {
        node.name: ast.get_docstring(node) or ""
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_fault_has_one_row_and_they_are_in_order():
    numbers = [number for number, *_ in ROWS]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) >= NUMBERS
    assert numbers == sorted(numbers, key=lambda number: int(number[1:]))


@pytest.mark.parametrize(("number", "fault", "does", "proofs"), ROWS, ids=[r[0] for r in ROWS])
def test_a_row_says_what_happens_and_its_tests_say_its_number(number, fault, does, proofs):
    assert fault.endswith(".")
    assert does.endswith(".")
    links = LINK.findall(proofs)
    assert links
    assert " · ".join(f"[{words}]({path})" for words, path in links) == proofs
    for words, path in links:
        found = said_in((PAGE.parent / path).resolve())
        name = f"test_{words.replace(' ', '_')}"
        assert name in found, f"{number}: {path} has no {name}"
        assert re.search(rf"\b{number}\b", found[name]), f"{name} does not say {number}"
