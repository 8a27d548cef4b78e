"""The doctor in the terminal."""

from __future__ import annotations

import json

from unit.client.upstream import CANARY


def test_all_well(cavendish):
    said = cavendish("doctor")
    assert (said.code, said.err) == (0, "")
    assert "all well; nothing was sent and nothing was spent" in said.out
    assert "$ export GEMINI_API_KEY={KEY}\n" in said.out
    assert "$ gcloud services enable aiplatform.googleapis.com --project {PROJECT}\n" in said.out
    assert "export OPENROUTER_API_KEY={KEY}" in said.out
    assert cavendish("doctor", "--quiet").out == ""


def test_problems_are_exit_code_1(cavendish, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "")
    monkeypatch.setenv("CAVENDISH_HOMEE", "x")
    said = cavendish("doctor")
    assert (said.code, said.err) == (1, "")
    assert "✗ GEMINI_API_KEY" in said.out
    assert "did you mean CAVENDISH_HOME?" in said.out
    quiet = cavendish("doctor", "--quiet")
    assert quiet.code == 1
    assert "✓" not in quiet.out


def test_the_document(cavendish, monkeypatch, upstream, tmp_path):
    said = cavendish("doctor", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json["well"] is True
    assert CANARY not in said.out
    assert upstream.requests == []
    assert not (tmp_path / "home").exists()
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "1")
    assert cavendish("doctor", "--json").code == 1


def test_a_process_of_its_own(shell, folder, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", f" {CANARY}")
    monkeypatch.setenv("CAVENDISH_NO_SUCH", CANARY)
    said = shell("doctor", "--json")
    assert said.code == 1
    assert json.loads(said.out)["well"] is False
    assert CANARY not in said.out + said.err


def test_a_key_in_our_own_command_line_is_not_repeated(cavendish, monkeypatch):
    looks = "AIza" + "Sy0123456789_-abcdefghijklmnopqrstu"
    monkeypatch.setenv("GEMINI_API_KEY", "of-no-known-looks-at-all")
    for key in (looks, "of-no-known-looks-at-all"):
        for tokens in (
            ["doctor", key],
            [key],
            ["generate", "x", "-n", key],
            ["doctor", f"--k={key}"],
        ):
            for more in ([], ["--json"]):
                said = cavendish(*tokens, *more)
                assert said.code == 2
                assert key not in said.out + said.err
    said = cavendish("doctor", looks)
    assert "delete that key" in said.err
