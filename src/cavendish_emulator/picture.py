"""One picture: choose how to draw a request, draw it, encode it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cavendish_emulator.drafts.reading import read_sheet
from cavendish_emulator.google.errors import GoogleError
from cavendish_emulator.google.request import Request

if TYPE_CHECKING:
    from PIL import Image

_NEEDS_TYPST = (
    "Typesetting an infographic draft needs the render extra: pip install 'cavendish[render]'"
)


def draw(request: Request, number: int) -> bytes:
    """The encoded picture for one request; `number` varies what may vary between executions."""
    sheet = read_sheet(request.prompt)
    if sheet is None:
        from cavendish_emulator.drafts.placeholder import draw_placeholder

        return _encode(draw_placeholder(request, number), request.model.output_mime)
    from cavendish_emulator.drafts import typeset

    if not typeset.available():
        raise GoogleError(501, _NEEDS_TYPST)
    image = typeset.draw_sheet(sheet, request.width, request.height)
    return _encode(image, request.model.output_mime)


def _encode(image: Image.Image, mime: str) -> bytes:
    out = io.BytesIO()
    if mime == "image/png":
        image.save(out, "PNG", compress_level=3)
    else:
        image.save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue()
