"""The completion scripts, run by the shell they are for."""

from __future__ import annotations

import shutil
import subprocess

import pytest

COMPLETE = """
source "$1"
complete -p cavendish >/dev/null || exit 9
function_name=$(complete -p cavendish | sed 's/.*-F \\([^ ]*\\).*/\\1/')
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
"$function_name" cavendish "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def scripts(cavendish, folder):
    """Every shell's script in a file."""
    found = {}
    for shell in ("bash", "zsh", "fish"):
        said = cavendish("completion", shell)
        assert (said.code, said.err) == (0, "")
        found[shell] = folder / f"cavendish.{shell}"
        found[shell].write_text(said.out)
    return found


@pytest.mark.parametrize(
    ("words", "among"),
    [
        (["gen"], {"generate"}),
        ([""], {"generate", "infographic", "cost", "budget", "models", "completion"}),
        (["cost", ""], {"estimate", "report"}),
        (["budget", "s"], {"set"}),
        (["generate", "a fox", "--asp"], {"--aspect-ratio"}),
        (["generate", "--lo"], {"--log-json"}),
        (["infographic", "q4.json", "--data"], {"--data-format"}),
    ],
)
def test_bash_completes(scripts, words, among):
    line = ["bash", "--norc", "-c", COMPLETE, "test", scripts["bash"], "cavendish", *words]
    done = subprocess.run(line, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    found = set(done.stdout.decode().split())
    assert among <= found
    assert all(word.startswith(words[-1]) for word in found)


def test_the_other_shells_name_every_command(scripts):
    for shell in ("zsh", "fish"):
        text = scripts[shell].read_text()
        for word in ("generate", "infographic", "estimate", "aspect-ratio", "log-json"):
            assert word in text, shell
        if shutil.which(shell):
            subprocess.run([shell, "-n", scripts[shell]], check=True, timeout=30)


def test_it_installs_itself(shell, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")
    said = shell("--install-completion", "--shell", "bash")
    assert said.code == 0, said.err
    (installed,) = tmp_path.rglob("completions/cavendish")
    assert "_cavendish" in installed.read_text()
    assert str(installed) in said.out


def test_another_shell_is_named(cavendish):
    said = cavendish("completion", "cmd")
    assert said.code == 2
    assert "bash" in said.out + said.err
