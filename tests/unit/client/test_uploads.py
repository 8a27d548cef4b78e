"""References that are too large for a request go ahead of it, and a dry run says so."""

import contextlib
import json
import os
import sqlite3
from dataclasses import replace
from urllib.request import Request, urlopen

import pytest
from PIL import Image

import cavendish
from cavendish.catalog import loader
from cavendish.core import errors
from cavendish_emulator import Emulator
from unit.client.upstream import CANARY, Reply, Upstream, refusal

REQUEST_BYTES = 60_000
DOWN = refusal(503, "UNAVAILABLE", "This model is currently experiencing high demand.")


@pytest.fixture
def tight(monkeypatch):
    """The offline channel and Google's, whose requests are small."""
    real = loader.channels()
    small = {
        name: replace(real[name], request_bytes=REQUEST_BYTES) for name in ("offline", "gemini")
    }
    small = {**real, **small}
    monkeypatch.setattr("cavendish.client.settings.channels", lambda: small)


@pytest.fixture
def noisy(tmp_path):
    """Two pictures of noise, each larger than half of a small request."""
    paths = []
    for number in range(2):
        bands = [Image.effect_noise((130, 130), 90 - 60 * number) for _ in range(3)]
        paths.append(tmp_path / f"{number}.png")
        Image.merge("RGB", bands).save(paths[-1])
    return paths


def test_a_dry_run_counts_what_would_go_ahead(tight, noisy):
    with cavendish.Client() as client:
        told = client.estimate("the same, in red", references=noisy, channel="offline")
        assert told.uploads == told.to_json()["uploads"] == 2
        assert told.curl.startswith("# replace upload:")
        assert '"fileUri":"upload:' in told.curl
        assert client.estimate("a cat", channel="offline").uploads == 0


def test_a_picture_is_drawn_from_what_went_ahead(tight, noisy):
    with cavendish.Client() as client:
        drawn = client.generate("the same, in red", references=noisy, channel="offline")
        assert drawn.image.width > 0


@pytest.fixture
def google(tight, monkeypatch):
    """An emulator in Google's place that takes no larger request than we think it does."""
    with Emulator(
        catalog=loader.MODEL_FACTS, require_key=CANARY, switches={"request_bytes": REQUEST_BYTES}
    ) as emulator:
        monkeypatch.setenv("GEMINI_API_KEY", CANARY)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", emulator.url)
        yield emulator


@pytest.fixture
def relay(monkeypatch):
    with Upstream() as server:
        monkeypatch.setenv("LAOZHANG_API_KEY", "sk-relay-0123456789")
        monkeypatch.setenv("LAOZHANG_BASE_URL", server.url)
        yield server


def said(emulator, path, body=None):
    sent = None if body is None else json.dumps(body).encode()
    with urlopen(Request(emulator.url + path, sent, {"x-goog-api-key": CANARY}), timeout=10) as it:
        return json.load(it)


def files(emulator):
    return {file["name"] for file in said(emulator, "/v1beta/files").get("files", [])}


def booked():
    """What became of every attempt, and what the accounts hold and have used."""
    with contextlib.closing(sqlite3.connect(os.environ["CAVENDISH_HOME"] + "/journal.db")) as file:
        attempts = file.execute(
            "SELECT channel, state, outcome, billed, cost_nanos FROM attempts ORDER BY started_ns"
        ).fetchall()
        money = file.execute("SELECT sum(held), sum(used) FROM accounts WHERE unit = 'usd'")
        return attempts, *money.fetchone()


def ask(prompt, noisy, **how):
    """A process of its own, as far as files are concerned: nothing is remembered of uploads."""
    with cavendish.Client() as client:
        return client.generate(prompt, references=noisy, size="1K", retries=0, **how)


def test_what_was_found_uploads_nothing(google, noisy):
    bought = ask("the same, in red", noisy, channel="gemini")
    there = files(google)
    assert len(there) == 2
    found = ask("the same, in red", noisy, channel="gemini")
    assert found.image.cached and found.image.sha256 == bought.image.sha256
    assert files(google) == there
    assert len(said(google, "/_emulator/bill")["executions"]) == 1
    ask("the same, in blue", noisy, channel="gemini")
    assert len(files(google)) == 4  # so it would have been seen


def test_an_upload_that_is_refused_holds_no_money(google, noisy):
    said(google, "/_emulator/switches", {"file_bytes": 1000})
    with pytest.raises(errors.CavendishError, match="a reference could not be uploaded"):
        ask("the same, in red", noisy, channel="gemini", budget="1.00")
    attempts, held, used = booked()
    assert [row[:3] for row in attempts] == [("gemini", "settled", "rejected")]
    assert (held, used, attempts[0][4]) == (0, 0, 0)
    assert not said(google, "/_emulator/bill")["executions"]
    said(google, "/_emulator/switches", {"file_bytes": 1_000_000})
    assert ask("the same, in red", noisy, channel="gemini", budget="1.00").pictures


@pytest.mark.parametrize(("reply", "outcome"), [(DOWN, "rejected"), (Reply(None), "not_sent")])
def test_after_an_upload_that_failed_the_next_channel_is_asked(
    tight, noisy, relay, monkeypatch, reply, outcome
):
    with Upstream() as down:
        down.always(reply)
        monkeypatch.setenv("GEMINI_API_KEY", CANARY)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", down.url)
        with cavendish.Client() as client:
            image = client.generate(
                "the same, in red", references=noisy, size="1K", channel="gemini,laozhang",
                budget="0.25",
            ).image  # fmt: skip
    assert {path for path, *_ in down.requests} == {"/upload/v1beta/files"}
    assert len(relay.requests) == 1
    assert [(a.channel, a.outcome) for a in image.attempts] == [
        ("gemini", outcome), ("laozhang", "executed")]  # fmt: skip
    attempts, held, used = booked()
    assert [row[4] for row in attempts] == [0, 90_000_000]
    assert held == 0
    assert used > 0
