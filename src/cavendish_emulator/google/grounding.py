"""What a search found: `groundingMetadata` as the service writes it, about nothing real."""

from __future__ import annotations

import html
from typing import Any

from cavendish_emulator.google.request import Request
from cavendish_emulator.usage import queries_of

# A name that resolves nowhere (RFC 2606, checked 2026-11-22), so nobody follows a drawn link.
_SITE = "https://example.invalid"


def grounding_metadata(request: Request) -> dict[str, Any] | None:
    """The metadata of a grounded candidate; none when no search was asked for."""
    found = queries_of(request)
    if not found:
        return None
    web = [query for kind, query in found if kind == "web"]
    image = [query for kind, query in found if kind == "image"]
    chips = "".join(f'<a class="chip" href="{_SITE}">{html.escape(q)}</a>' for _, q in found)
    chunks: list[dict[str, Any]] = []
    if web:
        page = {"uri": f"{_SITE}/page", "title": "example.invalid"}
        chunks.append({"web": page})
    if image:
        picture = {
            "sourceUri": f"{_SITE}/page",
            "imageUri": f"{_SITE}/picture.jpg",
            "title": "example.invalid",
            "domain": "example.invalid",
        }
        chunks.append({"image": picture})
    metadata: dict[str, Any] = {
        "searchEntryPoint": {"renderedContent": f'<div class="container">{chips}</div>'},
        "groundingChunks": chunks,
    }
    if web:
        metadata["webSearchQueries"] = web
    if image:
        metadata["imageSearchQueries"] = image
    return metadata
