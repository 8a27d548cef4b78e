"""What is going on, on stderr: a live line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from cavendish.apps.cli.words import err, notes
from cavendish.client.system import SystemClock
from cavendish.send.events import (
    Alerted,
    AttemptEnded,
    AttemptStarted,
    Cached,
    Event,
    Notice,
    Ordered,
    Waiting,
)

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


SHORT_S = 5.0
"""Who waits for another process looks again and again; that is told once."""


class Progress:
    """Shows events. Use it as a context manager, and as a hook of the client."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._clock = SystemClock()
        self._waits_for = ""
        self._ends: dict[str, float] = {}  # when each paid call ends at the latest

    def __enter__(self) -> Self:
        if not self._quiet and err.is_terminal:
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                SpinnerColumn,
                TextColumn,
                TimeElapsedColumn,
            )
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=err,
                transient=True,
            )
            self._task = self._bar.add_task("preparing", total=None)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case AttemptStarted():
                self._ends[event.attempt] = self._clock.monotonic_s() + event.timeout_s
                self._say(f"asking {event.model} on {event.channel}")
            case Alerted():  # also when quiet: somebody should hear of it
                notes([f"alert: {event.alert['message']}"])
            case Notice():
                if not self._quiet:
                    notes([event.text])
            case Waiting():
                new = event.reason != self._waits_for or event.seconds > SHORT_S
                self._waits_for = event.reason
                self._say(f"waiting {event.seconds:.0f} s: {event.reason}", plain=new)
            case Ordered():
                if self._bar is not None and self._task is not None:
                    self._bar.update(self._task, total=event.pictures)
            case AttemptEnded():
                self._ends.pop(event.attempt, None)
                if event.error is None:
                    self._advance()
            case Cached():
                self._advance()

    def stopping(self) -> None:
        """Says that paid calls are let end, and counts down how long that takes at most."""
        calls = len(self._ends)
        what = f"{calls} paid call{'s' * (calls != 1)}" if calls else "nothing"
        left_s = self._left_s()
        text = f"stopping: {what} under way, at most {left_s:.0f} s; once more leaves at once"
        err.print(text, style="bold", soft_wrap=not err.is_terminal)
        if self._bar is not None:
            self._count_down()

    def _count_down(self) -> None:
        if self._ends:
            self._say(f"letting paid calls end, at most {self._left_s():.0f} s")
            asyncio.get_running_loop().call_later(1.0, self._count_down)

    def _advance(self) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)

    def _left_s(self) -> float:
        now = self._clock.monotonic_s()
        return max((end - now for end in self._ends.values()), default=0.0)

    def _say(self, text: str, *, plain: bool = False) -> None:
        if self._bar is not None:
            assert self._task is not None
            self._bar.update(self._task, description=text[:80])
        elif plain and not self._quiet:
            err.print(text, style="dim", markup=False)
