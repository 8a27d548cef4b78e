"""An answer of whichever form: one JSON document, an array of them, or server-sent events.

The first byte tells: a field of an event stream begins with a letter or a colon that no JSON
begins with. What headers declare is not asked, since relays declare either for both.
"""

from __future__ import annotations

from typing import Final

from cavendish.catalog.error_rows import error_rows
from cavendish.core.errors import ProtocolError
from cavendish.wire import caps
from cavendish.wire.gemini.fault import page_words
from cavendish.wire.remainder import Remainder
from cavendish.wire.split import Sink, Splitter
from cavendish.wire.sse import EventStream

__all__ = ["Reading"]

_MARK: Final = b"\xef\xbb\xbf"
_BLANK: Final = b" \t\r\n" + _MARK
_EVENT_FIELDS: Final = b":deir"


class Reading:
    """One answer. `feed` its chunks as they come, then `finish`; see `Splitter`."""

    def __init__(self, sink: Sink, *, keep_signatures: bool = False, openai: bool = False) -> None:
        self._sink = sink
        self._how = {"keep_signatures": keep_signatures, "openai": openai}
        self._lead = b""
        self._form: Splitter | EventStream | None = None

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the answer, of any length. Raises ProtocolError."""
        if self._form is None:
            self._lead += chunk
            seen = self._lead.lstrip(_BLANK)
            if not seen and len(self._lead) < caps.BLANK_BYTES:
                return
            chunk, self._lead = self._lead, b""
            if seen.startswith(b"<"):
                raise _page(seen)
            if seen and seen[0] in _EVENT_FIELDS:
                self._form = EventStream(self._sink, **self._how)
                chunk = chunk.removeprefix(_MARK)
            else:
                self._form = self._splitter()
        self._form.feed(chunk)

    def finish(self) -> Remainder:
        """The answer has ended. Raises ProtocolError where it ends too early to be of use."""
        if self._form is None:
            self._form = self._splitter()
            self._form.feed(self._lead)
        try:
            return self._form.finish()
        except ProtocolError:
            kept = self.kept()
            if kept is None:
                raise
            return kept

    def _splitter(self) -> Splitter:
        return Splitter(self._sink, **self._how)

    def kept(self) -> Remainder | None:
        """What can be kept of a stream that was cut off: its whole parts, with a picture."""
        return None if self._form is None else self._form.kept()


def _page(begins: bytes) -> ProtocolError:
    """The error that a web page is: a login, a portal, or a front end that knows no such path."""
    row, title = error_rows()["not-the-api"], page_words(begins)
    return ProtocolError(
        f"a web page came in place of an answer{f': {title}' if title else ''}",
        billed=None,
        next_step=row.next_step,
        docs_url=row.docs_url,
        details={"row": row.name},
    )
