"""The command line in this process and in one of its own, and a server in the provider's place."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from cavendish.apps.cli.main import run
from unit.client.upstream import pixels


@pytest.fixture(autouse=True)
def _in_the_folder(folder):
    """No test here sees another's files."""


@pytest.fixture
def png(folder):
    """A small picture in a file."""
    (folder / "small.png").write_bytes(pixels(16, 16, shade=99, kind="PNG"))
    return "small.png"


class Said:
    """What a command printed, and its exit code."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def error(self):
        """The error in the document, and nothing beside it."""
        (error,) = self.json.values()
        assert list(self.json) == ["error"]
        return error


@pytest.fixture
def cavendish(capsys):
    """Runs a command line in this process."""

    def call(*tokens):
        capsys.readouterr()
        code = run([str(token) for token in tokens])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


def shell(*tokens, **more):
    """Runs a command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "cavendish", *tokens],
        capture_output=True, timeout=30, check=False, **more,
    )  # fmt: skip
    encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
    return Said(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))


@pytest.fixture(name="shell")
def _shell():
    return shell
