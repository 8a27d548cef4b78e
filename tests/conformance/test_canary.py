"""No key in anything written, printed, logged or sent; no prompt, path or user in a picture.

Everything the command line and the library do on their main ways is done with a canary key; then
every byte of it is searched for the key in twelve forms.
"""

from __future__ import annotations

import getpass
import io
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest
from PIL import Image

from cavendish.apps.cli.main import run
from conformance.canary import FORMS, KEY, leaks, metadata
from unit.client.upstream import Reply, Upstream, answer, picture, pixels, refusal

PROMPT = "PROMPTCANARY a lighthouse at dusk"


def test_the_search_finds_every_form():
    """T122."""
    for name, form in FORMS.items():
        assert name in leaks(b"before " + form + b" after"), name
    split = KEY[:9] + "\n   \x1b[31m" + KEY[9:20] + "\x1b[0m\n" + KEY[20:]
    assert "raw" in leaks(split)
    assert not leaks("nothing of it")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def upstream(monkeypatch, folder):
    with Upstream() as running:
        monkeypatch.setenv("GEMINI_API_KEY", KEY)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", running.url)
        yield running


def searched(tmp_path, upstream, *said):
    """Looks at what was said, at every file and its metadata, and at what the service saw."""
    for text in said:
        assert not leaks(text), text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for path in files:
        data = path.read_bytes()
        assert not leaks(data), path
        assert not leaks(str(path))
        assert not leaks(metadata(data) or b""), path
    for path, headers, body in upstream.requests:
        sent = {name: value for name, value in headers.items() if name.lower() != "x-goog-api-key"}
        assert headers["x-goog-api-key"] == KEY
        assert not leaks(path + json.dumps(sent) + json.dumps(body))
    return files


def called(capsys, *tokens):
    capsys.readouterr()
    code = run(list(tokens))
    said = capsys.readouterr()
    return code, said.out + said.err


def test_on_the_good_ways(upstream, folder, tmp_path, capsys, caplog):
    """T120, T121."""
    data = {"title": "Q4", "metrics": [{"label": "Revenue", "value": "4.2"}]}
    (folder / "data.json").write_text(json.dumps(data))
    (folder / "ref.png").write_bytes(pixels(40, 30, kind="PNG"))
    ways = [
        ["generate", PROMPT, "-s", "1K", "-o", "one.jpg"],
        ["generate", PROMPT, "-s", "1K", "-o", "one.jpg"],
        ["generate", PROMPT, "-s", "1K", "-o", "two.png", "--json", "--no-cache"],
        [
            "generate",
            PROMPT,
            "-s",
            "1K",
            "-o",
            "three.webp",
            "--format",
            "webp",
            "--ref",
            "ref.png",
        ],
        ["generate", PROMPT, "-s", "1K", "-n", "2", "--tag", "team=x", "--log-json", "--text"],
        ["generate", PROMPT, "--dry-run"],
        ["generate", PROMPT, "--dry-run", "--json"],
        ["generate", PROMPT, "--curl"],
        ["infographic", "data.json", "-o", "out/"],
        ["cost", "estimate", "--size", "1K"],
        ["cost", "report"],
        ["cost", "report", "--json"],
        ["models", "list"],
        ["doctor"],
        ["doctor", "--json"],
        ["explain", "429"],
        ["explain", "AuthenticationError"],
        ["completion", "bash"],
    ]
    said = []
    with caplog.at_level(logging.DEBUG):
        for tokens in ways:
            code, text = called(capsys, *tokens)
            said.append(text)
            if tokens[0] in {"generate", "infographic"}:
                assert code == 0, (tokens, text)
    assert len(upstream.requests) >= 6
    files = searched(tmp_path, upstream, *said, caplog.text)
    assert any(path.suffix == ".db" for path in files)


OWN = """
base_url = "{url}"
[auth]
key_env = "RELAY_API_KEY"
[prices.per_call]
"gemini-3-pro-image" = 0.08
"""


def test_at_a_third_party(upstream, folder, tmp_path, capsys, caplog, monkeypatch):
    """A Bearer key of a user's own channel: said by that header and by nothing else."""
    place = tmp_path / "config" / "cavendish" / "channels"
    place.mkdir(parents=True)
    (place / "mine.toml").write_text(OWN.format(url=upstream.url))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.setenv("RELAY_API_KEY", KEY)
    draw = ["generate", PROMPT, "-s", "1K", "--channel", "mine", "--retries", "0"]
    ways = [
        [*draw, "-o", "one.png"], [*draw, "--no-cache", "--log-json"], [*draw, "--curl"],
        ["channels", "list"], ["channels", "list", "--json"], ["doctor"], ["doctor", "--json"],
        ["generate", PROMPT], [*draw, KEY], ["generate", PROMPT, "--channel", KEY],
    ]  # fmt: skip
    said = []
    with caplog.at_level(logging.DEBUG):
        said += [called(capsys, *tokens)[1] for tokens in ways]
        for reply in (refusal(403, "PERMISSION_DENIED", f"Bearer {KEY} may not"),
                      answer([{"text": f"you are {KEY}"}])):  # fmt: skip
            upstream.always(reply)
            said.append(called(capsys, *draw, "--no-cache", "--json")[1])
    assert len(upstream.requests) == 4
    for path, headers, body in upstream.requests:
        assert headers.pop("Authorization") == f"Bearer {KEY}"
        assert not leaks(path + json.dumps(headers) + json.dumps(body))
    for text in (*said, caplog.text):
        assert not leaks(text), text
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert not leaks(path.read_bytes()), path


ECHO = f"your key is {KEY}"
FAILURES = [
    refusal(400, "INVALID_ARGUMENT", f"API key not valid: {ECHO}"),
    refusal(403, "PERMISSION_DENIED", f"Consumer 'api_key:{KEY}' has been suspended."),
    refusal(429, "RESOURCE_EXHAUSTED", ECHO),
    refusal(429, KEY, KEY[3:25], [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
         "violations": [{"quotaId": KEY, "quotaMetric": KEY}]},
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": KEY},
        {"@type": "type.googleapis.com/google.rpc.Help",
         "links": [{"url": f"https://ai.google.dev/?key={KEY}"}]},
    ]),
    refusal(500, "INTERNAL", ECHO),
    refusal(503, "UNAVAILABLE", ECHO),
    Reply(502, f"<html>{KEY}</html>".encode()),
    Reply(403, KEY.encode()),
    Reply(200, KEY.encode()),
    Reply(200, f"not JSON {KEY}".encode()),
    Reply(200, b'{"candidates": [' + KEY.encode()),
    Reply(200, f'{{"error": "{ECHO}"}}'.encode()),
    Reply(200, f"data: {KEY}\n\n".encode()),
    Reply(302, b"", headers={"Location": f"http://127.0.0.1:9/?key={KEY}"}),
    Reply(200, b"{}", headers={"X-A": KEY * 300}),
    Reply(None),
    answer([{"text": ECHO}]),
    answer([{"text": ECHO}], finish=KEY),
]  # fmt: skip


@pytest.mark.parametrize("reply", FAILURES, ids=range(len(FAILURES)))
def test_when_the_service_throws_it_back(upstream, tmp_path, capsys, caplog, reply):
    """T120."""
    upstream.always(reply)
    said = []
    with caplog.at_level(logging.DEBUG):
        for tokens in ([], ["--json"], ["--log-json"]):
            code, text = called(capsys, "generate", PROMPT, "-s", "1K", "--retries", "0", *tokens)
            assert code == 1
            said.append(text)
        said.append(called(capsys, "cost", "report", "--json")[1])
    searched(tmp_path, upstream, *said, caplog.text)


def test_with_words_beside_the_picture_too(upstream, tmp_path, capsys):
    upstream.always(picture(pixels(1024, 1024), text=ECHO))
    code, text = called(capsys, "generate", PROMPT, "-s", "1K", "--text", "--json")
    assert code == 0
    assert "your key is [removed]" in text
    searched(tmp_path, upstream, text)


def test_in_the_library_and_its_tracebacks(upstream, tmp_path):
    """T120."""
    import cavendish

    said = []
    with cavendish.Client() as client:
        said += [repr(client), str(vars(client)), repr(client.generate(PROMPT, size="1K"))]
        upstream.always(FAILURES[1])
        try:
            client.generate("another", size="1K")
        except cavendish.CavendishError as error:
            said += [repr(error), json.dumps(error.to_json()), repr(vars(error))]
            shown = traceback.TracebackException.from_exception(error, capture_locals=True)
            said.append("".join(shown.format()))
            said.append(repr(pickle.dumps(error)))
    searched(tmp_path, upstream, *said)


def shell(*tokens):
    return [sys.executable, "-X", "dev", "-W", "default", "-m", "cavendish", *tokens]


def test_in_a_process_of_its_own_that_dies_in_the_middle(upstream, folder, tmp_path):
    """T120."""
    held = threading.Event()
    upstream.always(Reply(200, b"{}", until=held))
    environment = {**os.environ, "PYTHONFAULTHANDLER": "1"}
    started = subprocess.Popen(
        shell("generate", PROMPT, "-s", "1K"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    )
    assert upstream.arrived.acquire(timeout=60)
    time.sleep(0.2)
    started.send_signal(signal.SIGABRT)  # the fault handler prints every stack
    text, _ = started.communicate(timeout=60)
    held.set()
    upstream.always(Reply(200, b"{"))
    again = subprocess.run(
        shell("generate", PROMPT, "-s", "1K"), capture_output=True, env=environment, timeout=90
    )
    assert again.returncode == 1
    searched(tmp_path, upstream, text, again.stdout, again.stderr)


@pytest.mark.parametrize("channel", ["gemini", "offline"])
@pytest.mark.parametrize(
    ("name", "form"), [("a.jpg", "jpeg"), ("a.png", "png"), ("a.webp", "webp"), ("", "original")]
)
def test_a_picture_tells_nothing_of_the_prompt_the_place_or_the_user(
    upstream, folder, tmp_path, capsys, channel, name, form
):
    """T123."""
    said = ["-o", str(folder / name), "--format", form, "--channel", channel]
    code, text = called(capsys, "generate", PROMPT, "-s", "1K", *said)
    assert code == 0, text
    (path,) = [p for p in folder.rglob("*") if p.suffix in {".jpg", ".png", ".webp"}]
    data = path.read_bytes()
    Image.open(io.BytesIO(data)).verify()
    told = metadata(data)
    for private in ("PROMPTCANARY", "lighthouse", str(tmp_path), str(Path.home()), KEY):
        assert private.encode() not in data, private
        assert private.encode() not in told, private
    user = getpass.getuser()
    assert user == "root" or user.encode() not in told
