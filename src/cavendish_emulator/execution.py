"""Running the "model": what is drawn, what it costs, and the answer that comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cavendish_emulator import picture
from cavendish_emulator.faults import NAMED, Fault
from cavendish_emulator.faults.pictures import Drawn, Spoiled
from cavendish_emulator.faults.shapes import Shaped
from cavendish_emulator.faults.withheld import Withheld, finished
from cavendish_emulator.google import answer
from cavendish_emulator.google.answer import Answer
from cavendish_emulator.google.request import Request
from cavendish_emulator.sale import Sale
from cavendish_emulator.switches import Switches
from cavendish_emulator.usage import Usage, count_usage

Book = Callable[[Request, Usage, str, Sale], int]
_DRAWING_THREADS = 2
_APART = 1_000_003  # keeps the numbers of one request's pictures away from other requests'
_USUAL = Shaped("")


class Executor:
    """Draws on threads of its own; `book` is told of every execution, and says its nano-USD."""

    def __init__(self, book: Book, switches: Switches) -> None:
        self._book, self._switches = book, switches
        self.pool = ThreadPoolExecutor(_DRAWING_THREADS, thread_name_prefix="emulator-draw")

    def run_unseen(self, asked: Request, sale: Sale) -> None:
        """Book an execution whose answer nobody gets."""
        spoken = answer.spoken_text(asked)
        self._book(asked, count_usage(asked, spoken), answer.new_response_id(), sale)

    async def run(self, asked: Request, fault: Fault | None, number: int, sale: Sale) -> Answer:
        """Execute, book, and build the answer as the fault wants it."""
        entry = NAMED[fault.name] if fault else None
        args = fault.args if fault else {}
        response_id = answer.new_response_id()
        shaped = entry if isinstance(entry, Shaped) else _USUAL
        spoken = shaped.says or answer.spoken_text(asked)
        pictures = shaped.pictures(args)
        usage = count_usage(asked, spoken, pictures=pictures)
        if (refused := _withheld(entry, args, asked, usage)) is not None:
            usage = count_usage(asked, pictures=0)
            booked = self._book(asked, usage, response_id, sale)
            made = answer.refused_answer(asked, usage, response_id, refused)
            made.nano_usd = booked
            return made
        loop, drawing = asyncio.get_running_loop(), sale.drawn(asked)
        if drawing is not asked:
            number = 0
        drawn = [
            await loop.run_in_executor(self.pool, _draw, drawing, number + i * _APART, fault)
            for i in range(pictures + shaped.drafts(args))
        ]
        booked = self._book(asked, usage, response_id, sale)
        shown = [(d.mime, d.data) for d in drawn[:pictures]]
        weight = self._switches.signature_bytes
        made = answer.picture_answer(asked, usage, response_id, spoken, shown, weight)
        made.nano_usd = booked
        shaped.shape(made, args, drawn[pictures:])
        return made


def _withheld(
    entry: Any, args: dict[str, Any], asked: Request, usage: Usage
) -> dict[str, Any] | None:
    if isinstance(entry, Withheld):
        return entry.build(args)
    if asked.most_tokens is not None and usage.candidates + usage.thoughts > asked.most_tokens:
        return finished("MAX_TOKENS")
    return None


def _draw(asked: Request, number: int, fault: Fault | None) -> Drawn:
    drawn = Drawn(asked.model.output_mime, picture.draw(asked, number))
    entry = NAMED[fault.name] if fault else None
    if fault is not None and isinstance(entry, Spoiled):
        return entry.spoil(drawn, asked, fault.args)
    return drawn
