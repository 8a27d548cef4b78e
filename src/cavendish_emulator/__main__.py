"""`python -m cavendish_emulator --catalog DIR`: serve until told to stop."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from cavendish_emulator.embedding import Emulator


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cavendish_emulator",
        description="A local emulator of the Gemini image API. It draws drafts and costs nothing.",
    )
    parser.add_argument(
        "--catalog", type=Path, required=True, metavar="DIR", help="directory of model fact files"
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, help="TCP port (default: a free one)")
    where.add_argument("--socket", type=Path, metavar="PATH", help="Unix socket instead of TCP")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON list of faults to arm")
    parser.add_argument("--quotas", type=Path, metavar="FILE", help="JSON list of quotas to set")
    parser.add_argument("--vices", type=Path, metavar="FILE", help="JSON list of the relay's vices")
    parser.add_argument("--switches", type=Path, metavar="FILE", help="JSON object of switches")
    parser.add_argument("--require-key", metavar="KEY", help="refuse every other API key")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 0 when stopped, 2 when it could not start."""
    given = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        emulator = Emulator(
            catalog=given.catalog,
            socket=given.socket,
            port=given.port,
            host=given.host,
            faults=_listed(given.faults),
            quotas=_listed(given.quotas),
            vices=_listed(given.vices),
            switches=_listed(given.switches)[0] if given.switches else None,
            require_key=given.require_key,
        ).start()
    except (OSError, ValueError, OverflowError) as error:  # a port is 0 to 65535
        print(f"cannot start the emulator: {error}", file=sys.stderr)
        return 2
    print(emulator.url, flush=True)
    stopped.wait()
    emulator.stop()
    return 0


def _listed(path: Path | None) -> list[Any]:
    """The items of a JSON file, which holds a list of them or one."""
    try:
        found = json.loads(path.read_text("utf-8")) if path else []
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return found if isinstance(found, list) else [found]


if __name__ == "__main__":
    raise SystemExit(main())
