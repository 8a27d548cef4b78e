"""Chats of many turns against the emulator: where they end, who says so, and what they cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from cavendish import Client, Money, errors

SIGNATURE_BYTES = 1_050_000  # 1.4 MB in base64, as they were recorded
KEY = "AIza" + "0" * 35


@pytest.fixture
def service(emulator, control, monkeypatch, tmp_path):
    """The Gemini API as the emulator plays it, with signatures as large as the real ones."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", emulator.url)
    control("switches", {"signature_bytes": SIGNATURE_BYTES})
    return control


def edits(chat, most):
    """Turns until one is refused, each with what was foreseen of it; and the refusal."""
    made = []
    for number in range(most):
        said = f"change number {number} of this picture"
        asked = {"size": "2K", "model": "nano-banana-2"} if number == 0 else {}
        try:
            foreseen = chat.estimate(said, **asked)
            made.append((foreseen, chat.send(said, **asked)))
        except errors.InvalidRequest as refusal:
            return made, refusal
    return made, None


def test_the_turn_that_is_the_last_to_fit_says_so(service):
    with Client() as client:
        chat = client.chat()
        made, refusal = edits(chat, 14)
        assert refusal is not None
        assert refusal.field == "history"
        for way in ("--flatten", "chat undo", "request_bytes = 100_000_000 in cavendish.toml"):
            assert way in refusal.next_step
        *early, before, last = [" ".join(result.warnings) for _, result in made]
        assert "one more turn fits" in before
        assert "no further turn fits" in last
        assert not any("turn fits" in said for said in early)
        assert 3 <= len(made) < 14
        Path("cavendish.toml").write_text("request_bytes = 100_000_000\n")
    with Client() as client:
        assert client.chat(chat.id).send("one more change").image.width == 2048
    assert len(service("bill")["executions"]) == len(made) + 1


def test_every_turn_costs_what_was_foreseen(service):
    Path("cavendish.toml").write_text("request_bytes = 100_000_000\n")
    with Client() as client:
        made, refusal = edits(client.chat(), 10)
    assert refusal is None
    bill = service("bill")["executions"]
    assert len(bill) == len(made) == 10
    for number, ((foreseen, result), paid) in enumerate(zip(made, bill, strict=True), start=1):
        low, high = foreseen.cost.low.nanos, foreseen.cost.high.nanos
        assert low <= result.cost.nanos <= high, number
        assert Money.parse(paid["usd"]) == result.cost, number
