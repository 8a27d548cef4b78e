"""What recorded answers cost by their usage, and what our estimate of such a request says.

A recording is not sure to hold its request, so the request is made from the answer: a text of as
many tokens, at four bytes each, one reference where pictures were counted, words where words came.
"""

from __future__ import annotations

from cavendish.catalog.loader import models
from cavendish.catalog.pricing import estimate, exact
from cavendish.core.request import ImageRequest, Reference
from conformance.estimating import Measured
from recorded.exchanges import exchanges_in
from recorded.reading import OPENAIS, is_ours, read

NAMES = {"gemini-3-pro-image-preview": "gemini-3-pro-image"}


def recorded(folder):
    """(file, measured) of every recorded answer with a picture of one of our models."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".yml", ".yaml", ".json", ".har"} and path.is_file():
            for exchange in exchanges_in(path):
                found = _measured(exchange, path.stem)
                if found is not None:
                    yield path.name, found


def _measured(exchange, stem):
    openai = exchange.call.rpartition(" ")[2] in OPENAIS
    model = _model(exchange, stem)
    if exchange.status != 200 or model is None or not (openai or is_ours(exchange)):
        return None
    answer, _ = read(exchange.body, 65536, openai=openai)
    usage = answer.usage
    if usage is None or not usage.output_image:
        return None
    surface = "vertex" if "aiplatform" in exchange.host or "vertexai" in stem else "gemini"
    request = ImageRequest(
        model.id, "word" * max(1, usage.input_text), "1K", "1:1",
        (Reference("image/png", b""),) if usage.input_image else (),
        text=bool(answer.text),
    )  # fmt: skip
    billed = exact(usage, model, surface=surface).nanos
    return Measured(
        model.id, surface, "standard", estimate(request, model, surface=surface), billed
    )


def _model(exchange, stem):
    """By what the answer says of itself, else by the name of the file."""
    said = exchange.body.decode("utf-8", "replace") + stem.replace("3_1", "3.1").replace(
        "2_5", "2.5"
    )
    ids = sorted([*models(), *NAMES], key=len, reverse=True)
    name = next((name for name in ids if name in said), None)
    return models().get(NAMES.get(name, name)) if name else None
