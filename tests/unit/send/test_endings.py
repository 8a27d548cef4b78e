"""Every way an answer ends without the picture, or with more of them than one."""

from __future__ import annotations

import itertools

import pytest

from cavendish.core.errors import Blocked, NoImage
from cavendish.core.money import Money
from cavendish.send.contract import Asked
from simulation.oracle import png
from unit.send.test_judge import ASKED, GOOD, USAGE, judged, picture

BLOCKS = ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR",
          "JAILBREAK", "SOMETHING_NEW", 7]  # fmt: skip


@pytest.mark.parametrize("word", BLOCKS)
def test_every_block_is_typed_and_costs_its_input(word):
    """T20: also a reason that is unknown today, and without usage."""
    rating = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}
    asked = Asked(ASKED.model, "1K", "1:1", prompt_bytes=50)
    feedback = {"blockReason": word, "safetyRatings": [rating], "blockReasonMessage": "no"}
    found = judged(finish="", promptFeedback=feedback, asked=asked)
    error = found.error
    assert isinstance(error, Blocked)
    assert (error.vendor_code, error.details["stage"]) == (str(word).lower(), "prompt")
    assert error.details["ratings"] == [rating]
    assert str(word).lower() in error.message
    assert error.message.endswith(": no")
    assert error.next_step
    assert not error.retryable
    assert (found.outcome, found.cost, found.certain) == ("executed", Money(100_000), False)
    counted = judged(finish="", promptFeedback=feedback, asked=asked,
                     usage={"promptTokenCount": 10, "totalTokenCount": 10})  # fmt: skip
    assert (counted.cost, counted.certain) == (Money(20_000), True)


BLOCKING = {
    "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
}  # fmt: skip
FINISHES = [
    "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "LANGUAGE", "OTHER",
    "MALFORMED_FUNCTION_CALL", "IMAGE_OTHER", "NO_IMAGE", "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE", *sorted(BLOCKING),
    "A_WORD_OF_TOMORROW", "x" * 500, "💥", 99,
]  # fmt: skip


@pytest.mark.parametrize("finish", FINISHES)
@pytest.mark.parametrize("parts", [[], [{"text": "no"}], [picture(0, thought=True)]])
def test_every_ending_without_a_picture_is_typed(finish, parts):
    """T21, T22: never a file, always an exit code that says so."""
    came = [GOOD] if any("inlineData" in part for part in parts) else []
    found = judged(parts, pictures=came, usage=USAGE, finish=finish)
    error = found.error
    assert type(error) is (Blocked if finish in BLOCKING else NoImage)
    assert error.vendor_code == str(finish).lower()[:80]
    assert error.vendor_code in error.message
    assert error.next_step
    assert error.exit_code == 1
    assert (found.outcome, found.drawn, found.picture, found.others) == ("executed", None, None, ())


def test_endings_are_told_apart():
    """T21."""
    said = {judged(finish=word, usage=USAGE).error.message for word in FINISHES}
    assert len(said) == len(FINISHES)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_thoughts_are_never_the_result_wherever_they_stand(order):
    """T23."""
    final = [picture(0, thought=True), picture(1), {"text": "a"}, picture(2, thought=True)]
    data = [png(64, 64, "draft"), GOOD, png(32, 32, "draft")]
    found = judged([final[n] for n in order], pictures=data, usage=USAGE)
    assert (found.picture, found.others, found.error) == (1, (), None)


def test_four_pictures_are_kept_and_billed_as_counted():
    """T38."""
    data = [png(1024, 1024, str(n)) for n in range(4)]
    four = {**USAGE, "candidatesTokenCount": 4480, "totalTokenCount": 4590,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 4480}]}  # fmt: skip
    found = judged([picture(n) for n in range(4)], pictures=data, usage=four)
    assert (found.picture, found.others, found.certain) == (3, (0, 1, 2), True)
    assert found.cost == Money(10 * 2_000 + 100 * 12_000 + 4480 * 120_000)
    assert len(found.drawn.others) == 3
    assert found.drawn.warnings[0].startswith("expected 1 picture, got 4")


def test_a_picture_that_comes_twice_is_one_file():
    """T38."""
    found = judged([picture(0), picture(1)], pictures=[GOOD, GOOD], usage=USAGE)
    assert (found.others, found.drawn.others) == ((), ())


def test_the_pictures_of_several_candidates_are_kept():
    """T38."""
    candidates = [{"content": {"parts": [picture(n)]}, "index": n} for n in range(3)]
    data = [png(1024, 1024, str(n)) for n in range(3)]
    found = judged(finish="", candidates=candidates, pictures=data, usage=USAGE)
    assert (found.picture, found.others) == (2, (0, 1))
