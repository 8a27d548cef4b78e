"""chat: turn by turn, each in a process of its own, and killed at the worst moments."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from unit.apps import shapes
from unit.client.chats.test_chat import Service

KILLED = """
import os, signal, sys
from {module} import {kind}
before = {kind}.{name}
def dies(self, *args, **more):
    if {when}:
        {after}
        os.kill(os.getpid(), signal.SIGKILL)
    return before(self, *args, **more)
{kind}.{name} = dies
from cavendish.apps.cli.main import main
main(sys.argv[1:])
"""
MOMENTS = {
    "before the answer is judged": (
        "cavendish.send.conclusion", "Conclusion", "_with_turn", "True", "pass"),
    "before the turn is a blob": ("cavendish.store.blobs", "Blobs", "put", "True", "pass"),
    "before it is settled": (
        "cavendish.store.journal", "Journal", "settle", "more.get('drawn') is not None", "pass"),
    "before the chat is written": ("cavendish.client.chats.desk", "Chats", "add", "True", "pass"),
    "while the chat is written": (
        "cavendish.client.system", "DiskFile", "finish", "'chat.part' in str(self._path)",
        "before(self)"),
}  # fmt: skip


@pytest.fixture
def service(upstream):
    upstream.script = Service()
    yield upstream.script
    assert upstream.script.changed == []


def killed(moment, *tokens):
    module, kind, name, when, after = MOMENTS[moment]
    script = KILLED.format(module=module, kind=kind, name=name, when=when, after=after)
    done = subprocess.run([sys.executable, "-c", script, *tokens], timeout=60, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def begun(cavendish):
    made = cavendish("chat", "NEW", "a fox", "-s", "1K", "-o", "fox.png", "--json")
    assert made.code == 0, made.err
    return made.json


def test_every_turn_in_a_process_of_its_own(service, upstream, shell, folder):
    first = shell("chat", "NEW", "a fox", "-s", "1K", "-o", "1.png", "--json").json
    shapes.check_result({k: v for k, v in first.items() if k not in {"chat", "turn"}})
    assert re.fullmatch(r"[0-9a-f]{8}", first["chat"])
    for number, words in enumerate(("a hat", "a tie", "at night"), start=2):
        said = shell("chat", first["chat"], words, "-o", f"{number}.png", "--json")
        assert (said.code, said.json["turn"]) == (0, number)
        assert (folder / f"{number}.png").is_file()
    assert [len(body["contents"]) for _, _, body in upstream.requests] == [1, 3, 5, 7]
    shown = shell("chat", "show", first["chat"], "--json").json
    assert [turn["prompt"] for turn in shown["turns"]] == ["a fox", "a hat", "a tie", "at night"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_after_the_answer_and_asked_again_it_costs_nothing_more(
    service, upstream, cavendish, moment
):
    chat = begun(cavendish)["chat"]
    killed(moment, "chat", chat, "a hat", "-o", "hat.png", "--quiet")
    assert len(upstream.requests) == 2
    again = cavendish("chat", chat, "a hat", "-o", "hat.png", "--json").json
    assert (again["turn"], again["cost_usd"]) == (2, "0")
    assert len(upstream.requests) == 2
    assert cavendish("chat", chat, "a tie", "-o", "tie.png", "--quiet").code == 0
    assert service.given[1] in upstream.requests[-1][2]["contents"]


def test_list_show_undo(service, cavendish, folder):
    assert "chat NEW PROMPT" in cavendish("chat", "list").out
    assert cavendish("chat", "list", "--json").json == {"chats": []}
    chat = begun(cavendish)["chat"]
    cavendish("chat", chat, "a hat", "-o", "fox.png")
    (one,) = cavendish("chat", "list", "--json").json["chats"]
    assert (one["id"], one["channel"], len(one["turns"])) == (chat, "gemini", 2)
    assert float(one["cost_usd"]) == sum(float(turn["cost_usd"]) for turn in one["turns"])
    first, last = one["turns"]
    assert last["path"] == str(folder / "fox.png")
    assert first["path"] == first["original_path"], "a later turn went into the same file"
    said = cavendish("chat", "list").out
    assert chat in said
    assert "a hat" in said
    back = cavendish("chat", "undo", chat, "--json").json
    assert [turn["prompt"] for turn in back["turns"]] == ["a fox"]
    assert [turn["prompt"] for turn in back["beside"]] == ["a hat"]
    assert "a hat (beside)" in cavendish("chat", "show", chat).out
    assert cavendish("chat", "undo", chat).code == 0
    past = cavendish("chat", "undo", chat, "--json")
    assert past.code == 2
    assert "no turn to take back" in past.error["message"]


def test_a_dry_run_sends_and_keeps_nothing(service, upstream, cavendish):
    chat = begun(cavendish)["chat"]
    found = cavendish("chat", chat, "a hat", "--dry-run", "--json").json
    assert [turn["role"] for turn in found["request"]["history"]] == ["user", "model"]
    assert found["request"]["size"] == "1K"
    assert "1 before this one" in cavendish("chat", chat, "a hat", "--dry-run").out
    assert len(upstream.requests) == 1
    assert len(cavendish("chat", "show", chat, "--json").json["turns"]) == 1


@pytest.mark.parametrize(
    ("tokens", "names"),
    [(("0123abcd", "a hat"), "there is no chat '0123abcd'"),
     (("../x", "a hat"), "there is no chat"),
     (("NEW",), "prompt: is missing"),
     (("NEW", "x", "-n", "2"), "n: a chat goes on from one picture"),
     (("NEW", "x", "--split-references"), "split_references"),
     (("NEW", "x", "-s", "9K"), "size"),
     (("show", "nothing"), "there is no chat"),
     (("undo", "nothing"), "there is no chat"),
     (("export", "nothing", "x.chat"), "there is no chat"),
     (("import", "nothing.chat"), "there is no such file")],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_sent(service, upstream, cavendish, tokens, names):
    said = cavendish("chat", *tokens, "--json")
    assert said.code == 2
    assert names in said.error["message"]
    assert said.error["next_step"]
    assert upstream.requests == []


def test_a_budget_holds_for_a_turn(service, upstream, cavendish):
    chat = begun(cavendish)["chat"]
    said = cavendish("chat", chat, "a hat", "-o", "x.png", "--budget", "0.01", "--json")
    assert (said.code, said.error["type"]) == (3, "BudgetExceeded")
    assert len(upstream.requests) == 1


def test_carried_to_another_home(service, upstream, cavendish, monkeypatch, tmp_path, folder):
    chat = begun(cavendish)["chat"]
    assert chat in cavendish("chat", "export", chat, "fox.chat").out
    monkeypatch.setenv("CAVENDISH_HOME", str(tmp_path / "away"))
    assert cavendish("chat", "list", "--json").json == {"chats": []}
    taken = cavendish("chat", "import", "fox.chat")
    assert f"cavendish chat {chat} PROMPT" in taken.out
    made = cavendish("chat", chat, "a hat", "-o", "hat.png", "--json").json
    assert made["turn"] == 2
    assert service.given[0] in upstream.requests[-1][2]["contents"]


def test_words_on_the_way_out(service, cavendish):
    made = cavendish("chat", "NEW", "a fox", "-s", "1K", "-o", "fox.png")
    (chat,) = re.findall(r"chat +([0-9a-f]{8}), turn 1", made.out)
    assert f"cavendish chat undo {chat}" in made.err
    assert json.loads(cavendish("chat", "show", chat, "--json").out)["id"] == chat


def test_a_prompt_from_standard_input(service, upstream, shell):
    made = shell("chat", "NEW", "-", "-s", "1K", "-o", "x.png", "--json", input=b"a fox")
    assert made.code == 0, made.err
    assert upstream.requests[0][2]["contents"][0]["parts"][0]["text"] == "a fox"


def test_a_chat_of_many_turns_shows_the_last(cavendish, folder):
    begun = cavendish("chat", "NEW", "change 1", "-s", "1K", "--channel", "offline", "--json").json
    file = Path(os.environ["CAVENDISH_HOME"]) / "chats" / begun["chat"] / "chat.json"
    said = json.loads(file.read_text())
    for number in range(2, 201):
        last = said["turns"][-1]
        name = f"{number:064x}"
        said["turns"].append(
            {**last, "id": name, "parent": last["id"], "prompt": f"change {number}", "fresh": False}
        )
    file.write_text(json.dumps({**said, "head": said["turns"][-1]["id"]}))
    short = cavendish("chat", "show", begun["chat"])
    assert "180 earlier turns; --all" in short.out
    assert "change 181" in short.out
    assert "change 180" not in short.out
    assert len(short.out.splitlines()) <= 85
    assert short.out.count("offline") == 1
    assert "change 180" in cavendish("chat", "show", begun["chat"], "--all").out


def test_what_a_turn_says_of_the_next_is_shown(service, upstream, cavendish, folder):
    upstream.script = service.heavy
    made = cavendish("chat", "NEW", "a fox", "-s", "1K")
    assert made.code == 0, made.err
    assert "no further turn fits" in made.err
    upstream.script = service
