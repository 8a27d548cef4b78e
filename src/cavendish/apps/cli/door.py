"""Between the shell and the library: one loop, two-step stop, errors as words or JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cavendish.apps.cli.flags import SayFlags
from cavendish.core.errors import CavendishError, Interrupted, InvalidRequest

if TYPE_CHECKING:
    from cavendish.apps.cli.progress import Progress
    from cavendish.client.aio import AsyncClient
    from cavendish.send.events import Hook
    from cavendish.workflows.infographic.brief import Brief

Show = Callable[[], int]
"""Shows what a command found, once the loop is over, and gives the exit code."""

Body = Callable[["AsyncClient"], Awaitable[Show]]

INTERRUPTED = 130
PROMPT_CHARS = 2_000_000  # more than any model takes; a device may have no end


def enter(body: Body, say: SayFlags, *, progress: Progress | None = None) -> int:
    """Runs `body` with a client, shows what it gives, and returns the exit code.

    The first Ctrl-C or SIGTERM lets paid calls end and buys nothing new; the second leaves at
    once, and what is under way is of unknown outcome.
    """
    heed()
    try:
        with progress or contextlib.nullcontext():
            show, stopped = asyncio.run(_with_client(body, progress, say))
    except CavendishError as error:
        return fail(error, as_json=say.json)
    except (KeyboardInterrupt, asyncio.CancelledError):
        left = Interrupted(
            "interrupted; calls that were under way are of unknown outcome",
            billed=None,
            next_step="cavendish cost report shows what is held for them",
        )
        return fail(left, as_json=say.json)
    code = show()
    return INTERRUPTED if stopped else code


def heed() -> None:
    """From here on Ctrl-C is an interrupt, and what it means is told."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def fail(error: CavendishError, *, as_json: bool) -> int:
    """Says what happened, without a key that was typed in a wrong place; returns the exit code."""
    from cavendish.client.doctor import unseen

    error.message = unseen(error.message)
    if as_json:
        document({"error": error.to_json()})
    else:
        from cavendish.apps.cli import words

        words.error(error)
    return error.exit_code


def document(what: Any) -> None:
    """One JSON document on stdout, in UTF-8, or escaped where that cannot be written."""
    text = json.dumps(what, indent=2, ensure_ascii=False)
    try:
        plain = bool(text.encode()) and (sys.stdout.encoding or "utf-8").lower() == "utf-8"
    except UnicodeEncodeError:  # a file name may hold bytes that are no text
        plain = False
    if not plain:
        text = json.dumps(what, indent=2)
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def read_prompt(said: str | None, file: Path | None) -> str:
    """The prompt: as said, from standard input (-) or from a file.

    Raises: InvalidRequest when there is none, two, or it is no text.
    """
    if (said is None) == (file is None):
        many = "is given twice" if file else "is missing"
        raise InvalidRequest("prompt", many, accepts="PROMPT, - or --prompt-file FILE")
    text = said or ""
    heed()
    try:
        if file is not None and str(file) != "-":
            with file.open(encoding="utf-8-sig") as words:
                text = words.read(PROMPT_CHARS)
        elif file is not None or said == "-":
            text = sys.stdin.read(PROMPT_CHARS)
    except UnicodeDecodeError:
        raise InvalidRequest("prompt", "is not valid Unicode", accepts="UTF-8 text") from None
    except OSError as error:
        raise InvalidRequest(
            "prompt", f"{file}: {error.strerror}", accepts="a file that can be read"
        ) from None
    if "\0" in text:
        raise InvalidRequest("prompt", "holds zero bytes, as no text does", accepts="UTF-8 text")
    return text


def read_data(said: Path, kind: str | None) -> Brief:
    """The data of an infographic; - reads it from standard input. Raises: InvalidRequest."""
    from cavendish.workflows.infographic import datafile

    if str(said) != "-":
        return datafile.read(said, kind)
    heed()
    content = sys.stdin.buffer.read(datafile.DATA_BYTES + 1)
    return datafile.load(content, kind or "json", "standard input")


async def _with_client(body: Body, progress: Progress | None, say: SayFlags) -> tuple[Show, bool]:
    from cavendish.client.aio import AsyncClient

    hooks: list[Hook] = [progress] if progress else []
    logging.getLogger("cavendish.alerts").addHandler(logging.NullHandler())  # said by the hooks
    if say.log_json:
        from cavendish.apps.cli.lines import JsonLines
        from cavendish.client.system import SystemClock

        hooks.append(JsonLines(SystemClock()))

    async with AsyncClient(hooks=hooks) as client:
        work = asyncio.ensure_future(body(client))
        stop = _Stop(client, work, progress)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            show = await work
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        return show, stop.asked > 0


class _Stop:
    """The two steps of stopping."""

    def __init__(
        self, client: AsyncClient, work: asyncio.Future[Show], progress: Progress | None
    ) -> None:
        self._client, self._work, self._progress = client, work, progress
        self.asked = 0

    def __call__(self) -> None:
        self.asked += 1
        if self.asked > 1:
            self._client.leave()
            self._work.cancel()
            return
        self._client.drain()
        if self._progress is not None:
            self._progress.stopping()
