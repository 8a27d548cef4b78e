"""The command `cavendish`. Each command's code is loaded when it is called."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from cyclopts import App, CycloptsError

from cavendish import __version__
from cavendish.core.errors import CavendishError, Interrupted, StorageError, UsageError

NARROWEST = 20
"""Columns. In fewer the tables of the help never come to an end (rich, 2026-11-24)."""

app = App(
    name="cavendish",
    help="Pictures from Google's Gemini image models: priced before, paid once, checked after.",
    version=__version__,
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # it is told like every other error
)
app.command("cavendish.apps.cli.pictures:generate", help="Draw pictures for a prompt.")
app.command("cavendish.apps.cli.pictures:infographic", help="Draw an infographic from data.")
app.command("cavendish.apps.cli.chat:chat", help="Edit a picture by conversation.")
app.command(
    "cavendish.apps.cli.references:references", help="Pictures to go by: what they are worth."
)
app.command("cavendish.apps.cli.costs:cost", help="What pictures cost: before, and after.")
app.command("cavendish.apps.cli.budgeting:budget", help="Limits on real money.")
app.command("cavendish.apps.cli.planning:quota", help="What a project may do, and how to get more.")
app.command("cavendish.apps.cli.catalogue:models", help="The models: pixels, prices, limits.")
app.command("cavendish.apps.cli.channels:channels", help="The ways to pictures, side by side.")
app.command("cavendish.apps.cli.catalogue:emulator", help="Run the offline emulator on its own.")
app.command("cavendish.apps.cli.explaining:explain", help="What an error means and what to do.")
app.command("cavendish.apps.cli.cache:cache", help="What was bought before and is found again.")
app.command("cavendish.apps.cli.upkeep:prune", help="Remove stored pictures, by age or size.")
app.command("cavendish.apps.cli.upkeep:backup", help="Copy journal, pictures and chats.")
app.command("cavendish.apps.cli.upkeep:restore", help="Make an empty home what a backup holds.")
app.command("cavendish.apps.cli.doctor:doctor", help="Look at keys, settings and machine.")
app.command("cavendish.apps.cli.completion:completion", help="Print a shell's completion script.")
app.command(
    "cavendish.apps.cli.completion:install",
    name="--install-completion",
    help="Install completion for the shell in use.",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits with its code."""
    tokens = sys.argv[1:] if arguments is None else list(arguments)
    said = os.environ.get("COLUMNS", "")
    columns = int(said) if said.isdecimal() else shutil.get_terminal_size().columns
    if columns < NARROWEST:
        os.environ["COLUMNS"] = str(NARROWEST)
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name no terminal can show is no failure
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run(tokens)
        sys.stdout.flush()
    except OSError as error:
        if error.filename is not None:
            raise
        code = _unsaid(error)
    try:
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)
    sys.exit(code)


def _open_streams() -> None:
    """Whoever closed a stream wants to hear nothing; a file opened later must not take its place.

    Python leaves None where a stream was closed.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


def _unsaid(error: OSError) -> int:
    """The answer could not be written. What was done is done, and is not to be tried again."""
    from cavendish.apps.cli.door import fail

    _silence(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return 1
    said = f"the answer cannot be written to standard output: {error.strerror}"
    step = "what was bought is kept; ask the same again, it costs nothing"
    with suppress(OSError):
        return fail(StorageError(said, next_step=step), as_json=False)
    return StorageError.exit_code


def _silence(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run(tokens: Sequence[str]) -> int:
    """Runs one command and returns its exit code; wrong usage is 2."""
    as_json = "--json" in tokens
    try:
        code = app(_dash_last(tokens), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        from cavendish.apps.cli.door import fail

        return fail(_wrong_usage(str(error), error.command_chain or ()), as_json=as_json)
    except CavendishError as error:
        from cavendish.apps.cli.door import fail

        return fail(error, as_json=as_json)
    except KeyboardInterrupt:
        from cavendish.apps.cli.door import fail

        return fail(Interrupted("interrupted; nothing was sent"), as_json=as_json)
    return code if isinstance(code, int) else 0


def _wrong_usage(said: str, command: Sequence[str]) -> UsageError:
    """What the parser says, without a key that was pasted where none belongs."""
    from cavendish.client.doctor import unseen

    shown = unseen(said)
    step = " ".join(("cavendish", *command, "--help"))
    if shown != said:
        step = "set GEMINI_API_KEY; others can read a command line, so delete that key"
    return UsageError(shown, next_step=step)


def _dash_last(tokens: Sequence[str]) -> list[str]:
    """A lone dash means standard input. The parser takes it for an option unless `--` is before."""
    words = list(tokens)
    for at in range(len(words) - 1, 0, -1):
        if words[at] == "-" and words[at - 1] in _TAKE_A_FILE:
            words[at - 1 : at + 1] = [f"{_TAKE_A_FILE[words[at - 1]]}=-"]
    if "-" not in words or "--" in words:
        return words
    return [*(word for word in words if word != "-"), "--", "-"]


_TAKE_A_FILE = {"--prompt-file": "--prompt-file", "-o": "--output", "--output": "--output"}
