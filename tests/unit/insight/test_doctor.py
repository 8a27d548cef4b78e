"""The doctor: every fault is found, says what to do, and shows no key."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import urllib.parse
from datetime import UTC, datetime

import pytest

from cavendish import Client
from cavendish.catalog.loader import channels
from cavendish.catalog.setup import ways
from cavendish.client.doctor import examine
from cavendish.insight import doctor_machine as machine
from cavendish.insight.doctor import PATTERNS, keys_in
from cavendish.insight.doctor_credentials import KEY_FILE
from unit.client.upstream import CANARY

NEW_KEY = "AQ." + "Ab8RN6" * 8
MARK = "-----BEGIN " + "PRIVATE KEY-----"
PEM = MARK + "\\nMIIEvQIBADANBgkqhkiG9w0"


@pytest.fixture
def look(folder, tmp_path):
    """The doctor in a clean environment, with these variables in it."""
    (tmp_path / "user").mkdir()

    def call(**env):
        base = {"HOME": str(tmp_path / "user"), "PATH": os.environ["PATH"]}
        return examine({**base, **{k: str(v) for k, v in env.items()}}, folder)

    return call


def states(found, name):
    return [check.state for check in found.checks if check.name == name]


def said(found, name):
    return " ".join(check.said for check in found.checks if check.name == name)


def test_without_anything_all_is_well(look, tmp_path):
    found = look()
    assert found.well, found.problems
    assert "offline" in said(found, "a call")
    ready = [one.way.name for one in found.ways if one.ready]
    assert ready == ["offline"]
    assert not any((tmp_path / "user").iterdir())  # it makes nothing


def test_a_key_is_enough(look):
    found = look(GEMINI_API_KEY=CANARY)
    assert found.well
    assert "gemini" in said(found, "a call")
    assert [one.way.name for one in found.ways if one.ready] == ["gemini", "offline"]
    assert look(GOOGLE_API_KEY=NEW_KEY).ways[0].ready


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is set and empty"), ("  ", "holds only blanks"), (CANARY + "\n", "a line break"),
        (f"'{CANARY}'", "has quotes around it"), (f'"{CANARY}', "has quotes around it"),
        (f" {CANARY}", "holds blanks"), ("two words", "holds blanks"), (CANARY + "é", "characters"),
        (f"“{CANARY}”", "quotes"), ('{"private_key":"x"}', "JSON"), ("{KEY}", "JSON"),
        ("YOUR_API_KEY", "placeholder"),
    ],
)  # fmt: skip
def test_a_spoilt_key_is_told(look, value, problem):
    found = look(GEMINI_API_KEY=value)
    assert states(found, "GEMINI_API_KEY") == ["problem"]
    assert problem in said(found, "GEMINI_API_KEY")
    assert not found.well


def test_two_keys_that_differ(look):
    found = look(GEMINI_API_KEY=CANARY, GOOGLE_API_KEY=NEW_KEY)
    assert "differ; GOOGLE_API_KEY is used" in said(found, "GOOGLE_API_KEY")
    assert states(look(GEMINI_API_KEY=CANARY, GOOGLE_API_KEY=CANARY), "GOOGLE_API_KEY") == ["ok"]


def account(kind="service_account", **more):
    data = {"type": kind, "client_email": "a@b.iam.gserviceaccount.com",
            "private_key": f"{PEM}\nMIIcanary\n", "token_uri": "https://oauth2.googleapis.com/token",
            "client_id": "i", "client_secret": "hush-hush-hush", "refresh_token": "1//canary",
            **more}  # fmt: skip
    return json.dumps({name: value for name, value in data.items() if value is not None})


@pytest.mark.parametrize(
    ("content", "mode", "state", "words"),
    [
        (account(), 0o600, "ok", "service_account"),
        (account("authorized_user"), 0o600, "ok", "authorized_user"),
        (account(), 0o644, "problem", "others can read"),
        (account(), 0o640, "problem", "others can read"),
        (account(private_key=None), 0o600, "problem", "without private_key"),
        (account("service"), 0o600, "problem", "no credential"),
        (account([1]), 0o600, "problem", "no credential"),
        ("[1]", 0o600, "problem", "no JSON object"),
        ("", 0o600, "problem", "no JSON object"),
        ("[" * 90_000, 0o600, "problem", "no JSON object"),
        ("{" + " " * 200_000 + "}", 0o600, "problem", "no JSON object"),
    ],
)
def test_the_key_file_of_vertex(look, tmp_path, content, mode, state, words):
    path = tmp_path / "key.json"
    path.write_text(content)
    path.chmod(mode)
    found = look(**{KEY_FILE: path})
    assert states(found, KEY_FILE) == [state]
    assert words in said(found, KEY_FILE)


@pytest.mark.parametrize(
    ("value", "words"),
    [("", "empty"), ("/nowhere/key.json", "not there"), ("/tmp", "no file"),
     (account(), "document"), (CANARY, "not there"), ("a\0b", "cannot be read"),
     ("x" * 4000, "cannot be read"), ("/proc/self/mem", "cannot be read")],
)  # fmt: skip
def test_a_key_file_that_is_none(look, value, words):
    found = look(**{KEY_FILE: value})
    assert states(found, KEY_FILE) == ["problem"]
    assert words in said(found, KEY_FILE)
    assert CANARY not in str(found)


def test_vertex_half_set(look):
    name = "GOOGLE_GENAI_USE_VERTEXAI"
    assert "GOOGLE_CLOUD_PROJECT is not set" in said(look(**{name: "true"}), name)
    assert states(look(**{name: "1", "GCP_PROJECT": "p"}), name) == []
    express = {name: "1", "GOOGLE_API_KEY": CANARY}
    assert states(look(**express), name) == []
    assert "not set" in said(look(**express, **{KEY_FILE: "f"}), name)
    assert "not set" in said(look(**{KEY_FILE: "f"}), "GOOGLE_CLOUD_PROJECT")
    full = {name: "1", "GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "global"}
    assert states(look(**full), name) == []
    assert states(look(**full), "GOOGLE_CLOUD_LOCATION") == []
    assert states(look(GOOGLE_CLOUD_LOCATION="moon/base"), "GOOGLE_CLOUD_LOCATION") == ["problem"]
    assert states(look(**{name: "maybe"}), name) == ["problem"]
    assert states(look(**{name: "false"}), name) == []


def test_a_third_party_is_callable_and_never_chosen(look):
    assert next(
        one for one in look(OPENROUTER_API_KEY="sk-or-v1-" + "a1" * 24).ways
        if one.way.name == "openrouter"
    ).ready  # fmt: skip
    found = look(LAOZHANG_API_KEY="sk-" + "a1" * 24)
    assert next(one for one in found.ways if one.way.name == "laozhang").ready
    assert states(found, "a call") == ["problem"]
    assert "--channel laozhang" in str(found)
    assert states(look(LAOZHANG_API_KEY="sk-" + "a1" * 24, GEMINI_API_KEY=CANARY), "a call") == [
        "ok"
    ]


def test_a_users_own_channels(look, tmp_path):
    folder = tmp_path / "conf" / "cavendish" / "channels"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(OWN)
    (folder / "wrong.toml").write_text("x = 1")
    (folder / "gemini.toml").write_text(OWN)
    found = look(XDG_CONFIG_HOME=str(tmp_path / "conf"), OWN_KEY="own-" + "k3y" * 9)
    assert sorted(states(found, "channel")) == ["note", "ok", "problem", "problem"]
    text = str(found)
    assert "mine.toml is read: --channel mine" in text
    assert "the prices of mine were last looked at on 2020-02-02" in text
    assert "wrong.toml: there is no field 'x'" in text
    assert "the name 'gemini' is taken" in text
    assert "only a third party's key was found (OWN_KEY)" in text
    assert "own-k3y" not in text


OWN = """
base_url = "https://api.example.org"
auth = { key_env = "OWN_KEY" }
[prices]
source = { checked = 2020-02-02 }
per_call = { "gemini-3-pro-image" = 0.08 }
"""


def test_addresses_and_proxies(look):
    name = "GOOGLE_GEMINI_BASE_URL"
    assert "unencrypted" in said(look(**{name: "http://relay.example"}), name)
    assert states(look(**{name: "http://u:hush@relay.example"}), name) == ["problem"]
    assert states(look(**{name: "https://relay.example"}), name) == ["note"]
    found = look(HTTPS_PROXY="http://user:hush-hush@proxy.example:3128", https_proxy="http://p")
    assert "HTTPS_PROXY, https_proxy" in said(found, "proxy")
    assert "hush" not in str(found)
    assert "proxy.example" not in str(found)


def test_every_fault_of_the_settings_is_told_at_once(look, folder, tmp_path):
    (folder / "cavendish.toml").write_text('modle = "x"\nretries = "3"\ntimeout_s = 1\n')
    user = tmp_path / "user" / ".config" / "cavendish"
    user.mkdir(parents=True)
    (user / "config.toml").write_text("= broken")
    found = look(CAVENDISH_HOMEE="x", CAVENDISH_APIKEY="y", CAVENDISH_JOURNAL="postgres://u:hush@h")
    assert states(found, "variable") == ["problem"] * 3
    assert "CAVENDISH_APIKEY" in said(found, "variable")
    assert states(found, "file") == ["problem"] * 3
    assert "did you mean model?" in str(found.problems)
    assert "hush" not in str(found)


def test_the_home_and_its_journal(look, tmp_path, folder, monkeypatch):
    home = tmp_path / "home"
    found = look(CAVENDISH_HOME=home)
    assert "none yet" in said(found, "journal")
    monkeypatch.setenv("CAVENDISH_HOME", str(home))
    with Client() as client:
        client.budgets.set("day", "25")
        assert said(client.doctor(), "budget").startswith("$25.00 of $25.00 left")
    assert said(look(CAVENDISH_HOME=home), "journal") == "opens; sound"
    journal = home / "journal.db"
    journal.write_bytes(journal.read_bytes()[:5000] + b"\xff" * 9000)
    assert states(look(CAVENDISH_HOME=home), "journal") == ["problem"]
    journal.write_bytes(b"this is no database " * 100)
    assert states(look(CAVENDISH_HOME=home), "journal") == ["problem"]
    (tmp_path / "file").write_text("")
    assert states(look(CAVENDISH_HOME=tmp_path / "file" / "home"), "folder") == ["problem"]


def test_a_budget_that_is_used_up(look, tmp_path, monkeypatch):
    monkeypatch.setenv("CAVENDISH_HOME", str(tmp_path / "home"))
    with Client() as client:
        client.budgets.set("day", "0")
    found = look(CAVENDISH_HOME=tmp_path / "home")
    assert states(found, "budget") == ["problem"]


def test_file_systems(tmp_path, monkeypatch):
    table = tmp_path / "mountinfo"
    kinds = {"/": "ext4", "/mem": "tmpfs", "/mem/far": "nfs4", "/my\\040disk": "xfs"}
    rows = [f"{n} 1 0:1 / {at} rw - {kind} dev rw" for n, (at, kind) in enumerate(kinds.items())]
    table.write_text("\n".join(["odd", *rows]))
    from pathlib import Path

    found = {at: machine.file_system(Path(at), table) for at in
             ("/x", "/mem/x", "/mem/far/x", "/memory", "/my disk/x")}  # fmt: skip
    assert list(found.values()) == ["ext4", "tmpfs", "nfs4", "ext4", "xfs"]
    assert machine.file_system(tmp_path, tmp_path / "none") is None
    for kind, words in (("tmpfs", "restart"), ("nfs4", "locks"), ("overlay", "container")):
        monkeypatch.setattr(machine, "file_system", lambda *_, kind=kind: kind)
        disk = [check for check in machine.home(tmp_path) if check.name == "disk"]
        assert (disk[0].state, words in disk[0].said) == ("note", True)


def test_a_journal_elsewhere_is_looked_at_too(look, tmp_path):
    (tmp_path / "file").write_text("")
    found = look(CAVENDISH_JOURNAL=tmp_path / "file" / "j.db")
    assert states(found, "folder") == ["ok", "problem"]


def test_surroundings_that_no_client_could_start_in(look, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    found = examine({"GEMINI_API_KEY": os.fsdecode(b"AIza\xff-and-more-of-it"), "PATH": "/none"})
    assert "the working folder is gone" in said(found, "folder")
    assert states(found, "GEMINI_API_KEY") == ["problem"]
    assert "\udcff" not in str(found.to_json())


def test_little_space(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "ROOM_BYTES", 2**62)
    (space,) = [check for check in machine.home(tmp_path) if check.name == "space"]
    assert space.state == "problem"


def test_the_clock(tmp_path):
    def at(*when):
        return machine.clock(int(datetime(*when, tzinfo=UTC).timestamp() * 1e9), tmp_path / "none")

    assert at(2027, 1, 1).state == "ok"
    assert at(1970, 1, 1).state == "problem"
    assert machine.clock(2**80, tmp_path).state == "problem"
    (tmp_path / "journal.db").write_text("")
    os.utime(tmp_path / "journal.db", (4e9, 4e9))
    now_ns = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1e9)
    assert "newer" in machine.clock(now_ns, tmp_path / "journal.db").said


def test_libraries(monkeypatch):
    needs = ["pillow>=13.0", "rich>=99.1", "no-such-thing>=1; extra == 'render'",
             "absent", "pytest>=1; extra == 'dev'"]  # fmt: skip
    monkeypatch.setattr(machine.metadata, "requires", lambda _: needs)
    found = {check.said: check for check in machine.libraries()}
    old = next(check for said, check in found.items() if said.startswith("rich "))
    assert (old.state, old.next_step) == ("problem", "pip install -U rich")
    assert found["absent is not installed"].state == "problem"
    extra = found["render: no-such-thing is not installed"]
    assert (extra.state, extra.next_step) == ("note", "pip install 'cavendish[render]'")
    assert len(found) == 4
    assert [check.state for check in machine.libraries("never-heard-of")][-1] == "note" or needs


def test_the_version_gate_is_said(monkeypatch):
    monkeypatch.setattr(machine.sqlite3, "sqlite_version_info", (3, 40, 0))
    assert "TRUNCATE" in machine.sqlite().said
    monkeypatch.setattr(machine.sqlite3, "sqlite_version_info", (3, 51, 3))
    assert "WAL" in machine.sqlite().said


@pytest.fixture
def repository(folder):
    """A git repository around the working folder, and a way to track a file in it."""

    def git(*words):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)

    def track(name, content):
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        git("add", name)

    git("init", "-q")
    return track


OTHER = "AIza" + "Sy0123456789_-abcdefghijklmnopqrstu"


@pytest.mark.parametrize(
    "secret", [OTHER, NEW_KEY, PEM, account(), "ya29." + "a0" * 20, "sk-or-v1-" + "0f" * 32,
               PEM.replace("PRIVATE", "RSA PRIVATE")],
)  # fmt: skip
def test_a_key_in_a_tracked_file(look, repository, folder, secret):
    repository("src/deep er/app.py", f"# one\nkey = '{secret}'\n")
    (folder / ".env").write_text(f"GEMINI_API_KEY={secret}")
    found = look()
    assert "src/deep er/app.py:2 holds" in said(found, "tracked file")
    assert states(found, "tracked file") == ["problem"]
    assert ".env" not in str(found)
    assert secret not in str(found)


def test_the_key_of_this_environment_in_a_tracked_file(look, repository):
    repository("a.bin", b"\0\xff" + CANARY.encode() + b"\0")
    found = look(GEMINI_API_KEY=CANARY)
    assert "a.bin:1 holds a key of this environment" in said(found, "tracked file")


def test_what_only_looks_a_little_like_a_key(look, repository):
    repository(
        "a.txt", MARK + "\nAIza\nAIzaTooShort\nAQ.short\nsk-learn\n" + "x" * 20 + OTHER + "tail"
    )
    found = look()
    assert found.well
    assert "no key in 1 tracked files" in said(found, "tracked files")


def test_git_is_never_made_to_run_what_a_repository_says(look, repository, folder):
    repository("a.txt", "x")
    line = ["git", "-C", str(folder), "config", "core.fsmonitor", f"touch {folder}/ran; false"]
    subprocess.run(line, check=True)
    look()
    assert not (folder / "ran").exists()


def test_links_pipes_and_large_files_do_not_hold_it_up(look, repository, folder, tmp_path):
    (tmp_path / "secret").write_text(OTHER)
    (folder / "link").symlink_to(tmp_path / "secret")
    subprocess.run(["git", "-C", str(folder), "add", "link"], check=True)
    repository("pipe", "x")
    (folder / "pipe").unlink()
    os.mkfifo(folder / "pipe")
    repository("large", b"y" * 3_000_000)
    assert look().well


def test_a_key_in_a_command_line(look):
    line = [sys.executable, "-c", "input()", f"--api-key={OTHER}"]
    with subprocess.Popen(line, stdin=subprocess.PIPE) as process:
        try:
            found = look()
        finally:
            process.communicate(b"\n")
    assert f"process {process.pid} shows a Google API key" in said(found, "command line")
    assert OTHER not in str(found)


SPELLINGS = (
    str, str.lower, str.swapcase, lambda k: k[::-1], urllib.parse.quote, repr, json.dumps,
    lambda k: base64.b64encode(k.encode()).decode(), lambda k: k.encode().hex(),
    lambda k: k[:8], lambda k: k[-8:], lambda k: " ".join(k),
)  # fmt: skip


def test_no_key_is_shown_however_it_is_written(look, repository, folder):
    """T122."""
    repository("a.py", f"k='{CANARY}'\nj='{NEW_KEY}'")
    (folder / "cavendish.toml").write_text(f'channel = "{CANARY}"\n"{CANARY}" = 1')
    names = (
        "GEMINI_API_KEY", "LAOZHANG_API_KEY", "OPENROUTER_API_KEY", KEY_FILE, "HTTPS_PROXY",
        "GOOGLE_GEMINI_BASE_URL", "CAVENDISH_JOURNAL", "CAVENDISH_KEY", "CAVENDISH_OFFLINE_URL",
        "GOOGLE_CLOUD_PROJECT", "GOOGLE_GENAI_USE_VERTEXAI",
    )  # fmt: skip
    everywhere = dict.fromkeys(names, f"'{CANARY}'\n")
    found = look(GOOGLE_API_KEY=CANARY, **everywhere)
    text = json.dumps(found.to_json()) + repr(found)
    for spelling in SPELLINGS:
        assert spelling(CANARY).strip("'\"") not in text, spelling


def test_the_document(look):
    document = look().to_json()
    assert set(document) == {"well", "checks", "ways"}
    assert all(
        set(check) == {"group", "name", "state", "said", "next_step"}
        for check in document["checks"]
    )
    vertex = document["ways"][1]
    assert vertex["name"] == "vertex"
    assert json.loads(json.dumps(document)) == document


def test_every_way_has_steps_and_the_guides_commands():
    text = {name: str(way.steps) for name, way in ways().items()}
    assert list(text) == ["gemini", "vertex", "laozhang", "openrouter", "offline"]
    assert "export GEMINI_API_KEY=" in text["gemini"]
    for words in ("gcloud services enable aiplatform.googleapis.com", "roles/aiplatform.user",
                  "aiplatform.endpoints.predict", "GOOGLE_APPLICATION_CREDENTIALS=",
                  "GOOGLE_CLOUD_PROJECT=", "GOOGLE_CLOUD_LOCATION="):  # fmt: skip
        assert words in text["vertex"]
    assert set(text) <= set(channels())


def test_patterns_have_bounds():
    """A text made to be slow is not: no pattern goes back over what it read."""
    for text in (b"AQ." * 100_000, b"AIza" * 100_000, b"-----BEGIN " * 50_000, b"sk-" * 100_000):
        assert not list(keys_in(text, []))
    assert len(PATTERNS) == 4


def test_the_ways_of_alerts_are_looked_at_and_not_used(look, tmp_path):
    folder = tmp_path / "user/.config/cavendish"
    folder.mkdir(parents=True)
    program, ran = tmp_path / "tell", tmp_path / "ran"

    def configured(text, **env):
        (folder / "config.toml").write_text(text)
        found = look(**env)
        return {c.name: c.said for c in found.checks if c.name.startswith("alert")}

    assert configured("") == {}
    command = f'alert_command = ["{program}"]\n'
    assert configured(command)["alert_command"] == f"{program} is not there"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    assert configured(command)["alert_command"] == f"{program} cannot be run"
    program.chmod(0o755)
    assert configured(command) == {"alerts": "are told by log, command"}
    hook = 'alert_webhook = "https://nowhere.invalid/s3cret"\nalert_secret_env = "ALERT_SECRET"\n'
    found = configured(hook)
    assert found["alert_secret_env"] == "ALERT_SECRET is not set, so no webhook is told"
    assert configured(hook, ALERT_SECRET="words") == {"alerts": "are told by log, webhook"}
    alone = configured('alert_secret_env = "ALERT_SECRET"\n', ALERT_SECRET="words")
    assert "there is no alert_webhook" in alone["alert_secret_env"]
    assert "s3cret" not in json.dumps(look().to_json())
    assert configured('alert_webhook = "http://nowhere.invalid/s3cret"\n') == {}
    problems = json.dumps([check.to_json() for check in look().problems])
    assert "alert_webhook must be an address with https" in problems
    assert "s3cret" not in problems
    assert not ran.exists()
