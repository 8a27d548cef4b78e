"""The errors: one tree, drawn as it is; every error says what a person or a program needs."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from typing import get_args

import pytest

import cavendish.errors
from cavendish.core import errors
from cavendish.core.errors import CavendishError, InvalidRequest

CLASSES = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, CavendishError)
]
KEYS = {
    "type", "category", "message", "next_step", "docs_url", "retryable", "billed", "scope",
    "retry_after_s", "http_status", "vendor_code", "ratings", "findings", "attempts",
    "path", "cost_usd",
}  # fmt: skip
CATEGORIES = {"retryable", "quota", "auth", "safety", "invalid", "fatal"}
EXIT_CODES = {
    "UsageError": 2, "AdmissionError": 3, "ContractViolation": 4, "Interrupted": 130,
}  # fmt: skip


def make(kind, **facts):
    return kind("seed", "is wrong") if kind is InvalidRequest else kind("it happened", **facts)


def drawn():
    """(class, its parent) as the docstring draws the tree."""
    parents = ["CavendishError"]
    for line in inspect.getdoc(errors).splitlines():
        branch = re.match(r"((?:│  )*)[├└]─ (\w.*)", line) or re.match(r"((?:│  )+)(\w.*)", line)
        if branch is None:
            continue
        depth = len(branch[1]) // 3 + 1
        names = re.match(r"(?:[A-Z]\w+(?: \(\w+\))?(?: +|$))+", branch[2])
        for name in re.findall(r"[A-Z]\w+", re.sub(r"\(\w+\)", "", names[0])) if names else ():
            yield name, parents[depth - 1]
            parents[depth:] = [name]


def test_the_categories_are_the_six():
    assert set(get_args(errors.Category)) == CATEGORIES


def test_every_class_is_public():
    assert {one.__name__ for one in CLASSES} | {"Category"} == set(errors.__all__)
    assert len(set(errors.__all__)) == len(errors.__all__)
    assert cavendish.errors.__all__ == errors.__all__
    for name in errors.__all__:
        assert getattr(cavendish.errors, name) is getattr(errors, name)


def test_the_tree_is_drawn_as_it_is():
    real = {one.__name__: one.__bases__[0].__name__ for one in CLASSES}
    del real["CavendishError"]
    assert dict(drawn()) == real


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_exactly_the_promised_keys(kind):
    document = make(kind).to_json()
    assert set(document) == KEYS
    assert document["type"] == kind.__name__
    assert document["category"] in CATEGORIES
    assert isinstance(document["retryable"], bool)
    assert document["billed"] in {True, False, None}
    assert document["ratings"] == document["attempts"] == []
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_says_what_it_is(kind):
    assert inspect.getdoc(kind).endswith(".")
    assert str(make(kind)) == make(kind).message
    assert isinstance(make(kind), CavendishError)


@pytest.mark.parametrize("kind", CLASSES)
def test_exit_codes(kind):
    expected = [EXIT_CODES[base.__name__] for base in kind.mro() if base.__name__ in EXIT_CODES]
    assert kind.exit_code == (expected or [1])[0]


def test_usage_errors_are_value_errors():
    assert issubclass(errors.UsageError, ValueError)
    assert not issubclass(errors.ChannelError, ValueError)


def test_only_what_may_work_unchanged_is_retryable():
    retryable = {one.__name__ for one in CLASSES if one.retryable}
    assert retryable == {"RateLimited", "Overloaded", "InternalError", "ConnectionFailed"}


def test_facts_come_through():
    error = errors.RateLimited(
        "slow down",
        next_step="wait",
        billed=None,
        scope="minute",
        retry_after_s=34.4,
        http_status=429,
        vendor_code="RESOURCE_EXHAUSTED",
        docs_url="https://example.org",
        details={
            "attempts": [1],
            "ratings": [2],
            "path": "x.png",
            "cost_usd": "0.1",
            "findings": [4],
            "more": 3,
        },
    )
    assert error.to_json() == {
        "type": "RateLimited",
        "category": "quota",
        "message": "slow down",
        "next_step": "wait",
        "docs_url": "https://example.org",
        "retryable": True,
        "billed": None,
        "scope": "minute",
        "retry_after_s": 34.4,
        "http_status": 429,
        "vendor_code": "RESOURCE_EXHAUSTED",
        "ratings": [2],
        "findings": [4],
        "attempts": [1],
        "path": "x.png",
        "cost_usd": "0.1",
    }


def test_details_are_the_errors_own():
    given = {"path": "x"}
    error = CavendishError("m", details=given)
    error.details["path"] = "y"
    assert given == {"path": "x"}


def test_an_invalid_request_names_its_field_and_the_way_out():
    error = InvalidRequest("size", "'3K' is not drawn", accepts=("1K", "2K"))
    assert error.field == "size"
    assert (error.message, error.next_step) == ("size: '3K' is not drawn", "use 1K, 2K")
    assert InvalidRequest("size", "wrong").to_json()["next_step"] is None
    assert InvalidRequest("size", "wrong", accepts="1K").next_step == "use 1K"


def test_errors_are_there_without_an_import_of_their_own():
    said = "import cavendish; print(cavendish.errors.CavendishError.__name__)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == "CavendishError\n"
