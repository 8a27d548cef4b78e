"""What a third party was asked for, as a native call: the order, and what its readers share."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from cavendish_emulator.calls import read_body
from cavendish_emulator.catalog import Model
from cavendish_emulator.relays.dialects import OwnError

Native = dict[str, Any]
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.-]+)*;base64,", re.IGNORECASE)
_PIXELS = re.compile(r"(\d{2,5})x(\d{2,5})")
TIERS = ("512", "1K", "2K", "4K")


@dataclass
class Order:
    """A call to be made: native `body`, once a picture; `fields` are those that were sent."""

    model: Model
    wanted: str
    fields: dict[str, Any]
    pictures: int = 1
    body: Native = field(default_factory=dict)

    @property
    def streams(self) -> bool:
        """Whether the answer is wanted as events."""
        return self.fields.get("stream") in {True, "true", "True", "1"}


async def read_json(request: web.Request) -> dict[str, Any]:
    """The object that was sent. Raises: OwnError."""
    try:
        found = json.loads(await read_body(request))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise OwnError(400, "We could not parse the JSON body of your request.")
    return found


def image_part(url: Any, param: str) -> Native:
    """A picture of a data URL, or of an object that has one, as a native part. Raises: OwnError."""
    while isinstance(url, dict):
        url = url.get("url", url.get("image_url"))
    met = _DATA_URL.match(url) if isinstance(url, str) else None
    if met is None:
        said = "a data URL with base64; the emulator fetches nothing"
        raise OwnError(400, f"Invalid '{param}': expected {said}.", param=param)
    # What it is stands in its bytes, as the service reads it.
    return {"inlineData": {"mimeType": met[1] or "image/png", "data": url[met.end() :]}}


def count_of(given: Any) -> int:
    """How many pictures are wanted, 1 to 10. Raises: OwnError."""
    text = str(1 if given is None else given)
    if isinstance(given, bool) or not text.isdigit() or not 1 <= int(text) <= 10:
        raise OwnError(400, "Invalid 'n': expected a whole number from 1 to 10.", param="n")
    return int(text)


def text_of(fields: dict[str, Any], name: str) -> str:
    """A text that must be there. Raises: OwnError."""
    found = fields.get(name)
    if not isinstance(found, str) or not found.strip():
        text = f"Missing required parameter: '{name}'."
        raise OwnError(400, text, name="missing_required_parameter", param=name)
    return found


def image_config(model: Model, size: Any, ratio: Any = None, tier: Any = None) -> Native:
    """The native imageConfig for a size in pixels, a tier, a ratio, or what of them was given."""
    given = str(size or "auto")
    config: Native = {}
    if given.upper() in TIERS:
        tier = tier or given.upper()
    elif (pixels := _PIXELS.fullmatch(given)) is not None:
        near_tier, near_ratio = _nearest(model, int(pixels[1]), int(pixels[2]))
        tier, ratio = tier or near_tier, ratio or near_ratio
    elif given != "auto":
        text = f"Invalid value: '{given}'. Expected WIDTHxHEIGHT, a tier, or 'auto'."
        raise OwnError(400, text, name="invalid_value", param="size")
    if ratio and ratio != "auto":
        config["aspectRatio"] = ratio
    if tier and model.takes_sizes:
        config["imageSize"] = tier
    return config


def _nearest(model: Model, width: int, height: int) -> tuple[str, str]:
    """The tier and the ratio whose picture comes nearest to these pixels."""

    def apart(known: tuple[str, str]) -> tuple[float, float]:
        w, h = model.pixels[known[0]][known[1]]
        return abs(math.log(w / h * height / width)), abs(math.log(w * h / (width * height)))

    # The ratio first: tables of pixels are rounded, so nearly the same counts as the same.
    every = [(tier, ratio) for tier, table in model.pixels.items() for ratio in table]
    return min(every, key=lambda known: (round(apart(known)[0], 1), sum(apart(known))))
