"""One JSON line per attempt on stderr, for --log-json."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from cavendish.core.ports import Clock
from cavendish.send.events import Event
from cavendish.send.logbook import facts


class JsonLines:
    """A hook that prints: `time` is ISO 8601 in UTC, the rest is `cavendish.send.logbook`'s."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, event: Event) -> None:
        said = facts(event)
        if said is not None:
            now = datetime.fromtimestamp(self._clock.now_ns() / 1e9, UTC)
            line = json.dumps({"time": now.isoformat(timespec="milliseconds"), **said})
            print(line, file=sys.stderr, flush=True)
