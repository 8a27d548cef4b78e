"""Token counts of a Gemini answer, so that nothing is billed twice and nothing is missed.

The service bills `candidatesTokenCount` less its IMAGE part, plus `thoughtsTokenCount`, at the text
rate. Three facts from recorded answers decide how the counts are read:

- `candidatesTokenCount` may exceed the sum of its details (1518 against IMAGE 1120, without any
  thoughts count), and the excess is billed as text: so output text is the count less IMAGE, and
  not the TEXT detail.
- thoughts are normally beside the candidates (14 + 1283 + 174 = 1471): both are billed.
- on blocks `candidatesTokenCount` may repeat the thoughts, and then the total says so: it equals
  prompt + candidates. Only in exactly that case are the thoughts taken out of the candidates.

Where counts contradict each other otherwise, the reading that bills more is taken.
Source: https://ai.google.dev/gemini-api/docs/pricing and https://ai.google.dev/api/generate-content
(UsageMetadata), checked 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cavendish.core.result import Usage

_MOST_TOKENS: Final = 1_000_000_000
_DIGITS: Final = re.compile(r"[0-9]{1,10}", re.ASCII)


def usage(metadata: object) -> Usage | None:
    """Reads `usageMetadata`. None when it is absent, empty, or any count in it is not a count.

    A count is a whole number from 0 to 10^9, or a string of digits that says one. An absent count
    is zero, as proto3 JSON leaves zeros out.
    """
    if not isinstance(metadata, Mapping):
        return None
    try:
        return _read(metadata)
    except _NotACount:
        return None


class _NotACount(Exception):
    """A negative, fractional, huge or otherwise impossible count."""


def _read(metadata: Mapping[str, Any]) -> Usage | None:
    prompt = _count(metadata, "promptTokenCount", "prompt_token_count")
    candidates = _count(metadata, "candidatesTokenCount", "candidates_token_count")
    thoughts = _count(metadata, "thoughtsTokenCount", "thoughts_token_count") or 0
    tools = _count(metadata, "toolUsePromptTokenCount", "tool_use_prompt_token_count") or 0
    total = _count(metadata, "totalTokenCount", "total_token_count")
    prompt_image, prompt_other = _by_modality(
        metadata, "promptTokensDetails", "prompt_tokens_details"
    )
    image, other = _by_modality(metadata, "candidatesTokensDetails", "candidates_tokens_details")
    if prompt is None and candidates is None and total is None and not (image or prompt_image):
        return None
    prompt, candidates = prompt or 0, candidates or 0
    text = max(candidates - image, other)
    if thoughts and total == prompt + tools + candidates:
        text = max(text - thoughts, 0)
    return Usage(
        input_text=max(prompt - prompt_image, prompt_other) + tools,
        input_image=prompt_image,
        output_text=text,
        output_thinking=thoughts,
        output_image=image,
    )


def _by_modality(metadata: Mapping[str, Any], *names: str) -> tuple[int, int]:
    """Tokens of pictures and of everything else."""
    details = _named(metadata, *names)
    if details is None:
        return 0, 0
    if not isinstance(details, list):
        raise _NotACount
    image = other = 0
    for entry in details:
        if not isinstance(entry, Mapping):
            raise _NotACount
        tokens = _count(entry, "tokenCount", "token_count") or 0
        if str(entry.get("modality")).upper() == "IMAGE":
            image += tokens
        else:
            other += tokens
    return image, other


def _count(metadata: Mapping[str, Any], *names: str) -> int | None:
    value = _named(metadata, *names)
    if value is None:
        return None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_TOKENS:
        raise _NotACount
    return value


def _named(metadata: Mapping[str, Any], *names: str) -> Any:
    return next((metadata[name] for name in names if metadata.get(name) is not None), None)
