"""What the README shows is run, offline, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [
    line
    for language, code in BLOCKS
    if language == "sh"
    for line in code.splitlines()
    if line.startswith("cavendish ")
]
PAID = [
    line
    for language, code in BLOCKS
    if language == "bash"
    for line in code.splitlines()
    if line.startswith("cavendish ")
]
NOBODYS = {"GEMINI_API_KEY": "AIza-nobodys", "LAOZHANG_API_KEY": "sk-nobodys"}
MADE = {line.split()[1] for lang, code in BLOCKS if lang == "sh" for line in code.splitlines()
        if line.startswith("make ")}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


def test_there_is_something_to_run():
    assert len(PYTHON) >= 1
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize("code", PYTHON)
def test_python(code, folder):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "True" in done.stdout
    assert (folder / "fox.png").read_bytes().startswith(b"\x89PNG")


def test_commands(folder):
    for line in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "cavendish", *shlex.split(line)[1:]],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (line, done.stderr)
        assert done.stdout


def test_commands_that_cost_money_show_what_they_would_send(folder):
    assert len(PAID) >= 4
    for line in PAID:
        command = [*shlex.split(line, comments=True)[1:], "--dry-run"]
        done = subprocess.run(
            [sys.executable, "-m", "cavendish", *command],
            capture_output=True, text=True,
            env={**os.environ, **NOBODYS, "GOOGLE_CLOUD_PROJECT": "nobodys-project"},
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stderr)
        assert done.stdout


@pytest.mark.tree
def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert {"demo", "test"} == MADE
    for name in MADE:
        assert re.search(rf"^{name}:", makefile, re.MULTILINE)


@pytest.mark.tree
def test_links_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            if not link.startswith(("http://", "https://")):
                assert (page.parent / link).exists(), (page.name, link)


@pytest.mark.tree
def test_the_map_is_short_and_true():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    assert len(text.splitlines()) <= 150
    for path in re.findall(r"`((?:core|catalog|wire|imaging|store|channels|send|workflows|insight|"
                           r"client|apps)/[\w/.]+\.py)`", text):  # fmt: skip
        assert (ROOT / "src/cavendish" / path).exists(), path
