"""explain on the command line: words, JSON, standard input; and the page that is made of it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cavendish.catalog.error_rows import error_rows
from cavendish.insight.error_page import error_page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "errors.md"


def test_a_stranger_reads_what_happened_what_it_cost_and_what_to_do(cavendish):
    said = cavendish("explain", "DailyQuotaExhausted")
    assert (said.code, said.err) == (0, "")
    for words in (
        "The quota for today is used up",
        "what happened", "midnight Pacific",
        "money taken", "No. It was refused",
        "try again?", "one an hour",
        "what to do", "https://aistudio.google.com/rate-limit",
        "official page", "https://ai.google.dev/gemini-api/docs/rate-limits",
    ):  # fmt: skip
        assert words in said.out


def test_commands_stay_on_one_line(cavendish):
    said = cavendish("explain", "SERVICE_DISABLED")
    assert (
        "gcloud services enable generativelanguage.googleapis.com --project PROJECT_ID\n"
        in said.out
    )


def test_several_words_are_one_question(cavendish):
    assert cavendish("explain", "429", "RESOURCE_EXHAUSTED").out.startswith("Too many requests")


def test_json(cavendish):
    found = cavendish("explain", "429", "--json").json
    assert found["asked"] == "429"
    assert found["explanations"][0]["type"] == "RateLimited"
    assert len(found["explanations"]) > 8


def test_standard_input(cavendish, monkeypatch):
    body = json.dumps({"error": {"code": 503, "status": "UNAVAILABLE", "message": "busy"}})
    monkeypatch.setattr("sys.stdin", io.StringIO(body))
    assert "no capacity at the moment" in cavendish("explain", "-").out


@pytest.mark.parametrize("flag", [[], ["--list"]])
def test_all_of_them(cavendish, flag):
    said = cavendish("explain", *flag)
    assert said.code == 0
    assert all(name in said.out for name in error_rows())


def test_the_unknown(cavendish):
    said = cavendish("explain", "IMAGE_SAFTEY")
    assert (said.code, said.out) == (2, "")
    assert "cavendish explain IMAGE_SAFETY" in said.err
    assert cavendish("explain", "zzzqqq", "--json").error["category"] == "invalid"


def test_the_page_is_printed(cavendish):
    assert cavendish("explain", "--page").out == error_page()


@pytest.mark.tree
def test_the_page_is_not_stale():
    assert PAGE.read_text("utf-8") == error_page(), "run: make docs"


def test_the_page_explains_every_row():
    page = error_page()
    for row in error_rows().values():
        assert f"\n### {row.name}\n" in page
        assert row.cause in page
        assert row.docs_url is None or f"<{row.docs_url}>" in page
