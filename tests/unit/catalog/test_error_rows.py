"""The table of errors: whole, readable, and of one mind with what is known of the money."""

from __future__ import annotations

import re
from datetime import date

import pytest

from cavendish.catalog.error_rows import FILLS, answer_row, class_row, error_rows
from cavendish.core import errors
from cavendish.core.errors import Blocked, CavendishError, NoImage

ROWS = list(error_rows().values())
SEEN = [row for row in ROWS if row.signs]
FINISHES = [
    "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "LANGUAGE", "OTHER",
    "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_OTHER", "NO_IMAGE", "IMAGE_RECITATION",
    "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
]  # fmt: skip
BLOCKS = [
    "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR",
    "JAILBREAK",
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_what_a_stranger_needs(row):
    assert issubclass(row.kind, CavendishError)
    assert row.title[0].isupper()
    assert not row.title.endswith(".")
    assert row.cause.endswith((".", ")"))
    assert row.billed in {"no", "unknown", "counted", "yes"}
    assert len(row.next_step) > 20
    assert not row.next_step.endswith(".")
    assert set(re.findall(r"\{(\w*)\}", row.next_step)) <= set(FILLS)
    assert "{" not in row.advice({})
    assert re.fullmatch(r"[a-z-]+", row.name)


@pytest.mark.parametrize("row", SEEN, ids=lambda row: row.name)
def test_a_row_from_outside_has_an_official_page_a_source_and_a_date(row):
    assert row.docs_url.startswith("https://")
    assert row.source.startswith("https://")
    assert isinstance(row.checked, date)
    assert row.scope in {"key", "project", "model", "request", "channel"}


def test_every_class_can_be_explained():
    missing = {name for name in errors.__all__ if name != "Category"} - {
        row.kind.__name__ for row in ROWS
    }
    assert missing == set()
    for kind in {row.kind for row in ROWS}:
        rows = [row for row in ROWS if row.kind is kind]
        lead = [r for r in rows if r.general] or [r for r in rows if not r.signs]
        assert len(lead) == 1 or len(rows) == 1, kind
        assert class_row(kind) in rows


def test_an_advice_names_what_is_known():
    advice = error_rows()["api-disabled"].advice({"project": "p-1"})
    assert advice == ("run: gcloud services enable generativelanguage.googleapis.com --project p-1")


@pytest.mark.parametrize("reason", FINISHES)
def test_every_finish_reason_has_a_row(reason):
    row = answer_row(reason.lower(), block=False)
    assert issubclass(row.kind, NoImage)
    refused = {"SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"}
    assert (row.kind is Blocked) == (reason.removeprefix("IMAGE_") in refused)


@pytest.mark.parametrize("reason", BLOCKS)
def test_every_block_reason_has_a_row(reason):
    assert answer_row(reason, block=True).kind is Blocked


def test_what_nobody_has_seen_has_none():
    assert answer_row("NEWER_THAN_US", block=False) is None
    assert answer_row("", block=True) is None


def test_a_row_is_named_like_a_class_only_if_it_is_of_it():
    classes = {name.lower() for name in errors.__all__}
    for row in ROWS:
        name = row.name.replace("-", "")
        assert name not in classes or name == row.kind.__name__.lower()
