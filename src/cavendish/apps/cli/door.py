"""Between the shell and the library: one loop, two-step stop, errors as words or JSON."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from cavendish.apps.cli.flags import SayFlags
from cavendish.core.errors import CavendishError, Interrupted, InvalidRequest
from cavendish.send.events import Hook

if TYPE_CHECKING:
    from cavendish.client.aio import AsyncClient

INTERRUPTED = 130


def enter(
    body: Callable[[AsyncClient], Awaitable[int]], say: SayFlags, *, hooks: Sequence[Hook] = ()
) -> int:
    """Runs `body` with a client and returns the exit code.

    The first Ctrl-C or SIGTERM lets paid calls end and buys nothing new; the second leaves at
    once, and what is under way is of unknown outcome.
    """
    try:
        return asyncio.run(_with_client(body, hooks))
    except CavendishError as error:
        return fail(error, as_json=say.json)
    except (KeyboardInterrupt, asyncio.CancelledError):
        left = Interrupted(
            "interrupted; calls that were under way are of unknown outcome",
            billed=None,
            next_step="cavendish cost report shows what is held for them",
        )
        return fail(left, as_json=say.json)


def fail(error: CavendishError, *, as_json: bool) -> int:
    """Says what happened, and returns the exit code."""
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


def read_prompt(said: str) -> str:
    """The prompt; - reads it from standard input. Raises: InvalidRequest when that is no text."""
    if said != "-":
        return said
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise InvalidRequest("prompt", "is not valid Unicode", accepts="UTF-8 text") from None


async def _with_client(body: Callable[[AsyncClient], Awaitable[int]], hooks: Sequence[Hook]) -> int:
    from cavendish.client.aio import AsyncClient

    async with AsyncClient(hooks=hooks) as client:
        work = asyncio.ensure_future(body(client))
        stop = _Stop(client, work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            code = await work
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        return INTERRUPTED if stop.asked else code


class _Stop:
    """The two steps of stopping."""

    def __init__(self, client: AsyncClient, work: asyncio.Future[int]) -> None:
        self._client, self._work = client, work
        self.asked = 0

    def __call__(self) -> None:
        self.asked += 1
        if self.asked == 1:
            self._client.drain()
            print(
                "stopping: calls that are paid for go on to their end; once more leaves at once",
                file=sys.stderr,
                flush=True,
            )
        else:
            self._work.cancel()
