"""What a search found for an answer: its queries and the pages it used.

Source: https://ai.google.dev/gemini-api/docs/google-search, checked 2026-11-22; pictures:
https://ai.google.dev/gemini-api/docs/image-generation, checked 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cavendish.wire.gemini.fault import clean

_MOST: Final = 100
_WORDS: Final = 500


def sources(candidates: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, str], ...]:
    """Pages as {"title", "uri"} and then queries as {"query"}, in order, each once, 100 at most;
    a query for pictures has "search": "image" beside it."""
    found: list[Mapping[str, str]] = []
    for source in _all(candidates):
        if source not in found and len(found) < _MOST:
            found.append(source)
    return tuple(found)


def _all(candidates: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, str]]:
    grounding = [
        one
        for candidate in candidates
        for name in ("groundingMetadata", "grounding_metadata")
        if isinstance(one := candidate.get(name), Mapping)
    ]
    for one in grounding:
        for chunk in _list(one, "groundingChunks", "grounding_chunks"):
            page = next(
                (p for k in ("web", "image") if isinstance(p := _in(chunk, k), Mapping)), {}
            )
            uri = page.get("uri") or page.get("sourceUri")
            if isinstance(uri, str) and uri.startswith(("https://", "http://")):
                title = page.get("title")
                said = clean(title)[:_WORDS] if isinstance(title, str) else ""
                yield {"title": said, "uri": clean(uri)[: 4 * _WORDS]}
    for one in grounding:
        for query in _list(one, "webSearchQueries", "web_search_queries"):
            if isinstance(query, str) and query:
                yield {"query": clean(query)[:_WORDS]}
        for query in _list(one, "imageSearchQueries", "image_search_queries"):
            if isinstance(query, str) and query:  # charged as one of the web is
                yield {"query": clean(query)[:_WORDS], "search": "image"}


def _list(holder: Mapping[str, Any], *names: str) -> list[Any]:
    return next((found for name in names if isinstance(found := holder.get(name), list)), [])


def _in(holder: object, name: str) -> object:
    return holder.get(name) if isinstance(holder, Mapping) else None
