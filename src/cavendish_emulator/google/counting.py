"""Tokens: of a text, and of what a countTokens body holds."""

from __future__ import annotations

from cavendish_emulator.catalog import Model
from cavendish_emulator.google.errors import invalid
from cavendish_emulator.google.request import Opened, no_file, parse, read_contents
from cavendish_emulator.google.schema import normalise


def count_contents(raw: bytes, model: Model, opened: Opened = no_file) -> tuple[int, int, int]:
    """What a countTokens body stands for, which has two forms.

    The tokens of its text and of its pictures, and the characters of its text but for the blanks.
    """
    checked = normalise(parse(raw), "CountTokens")
    asked = checked.get("generateContentRequest", checked)
    contents = asked.get("contents") or []
    if not contents:
        raise invalid("* CountTokensRequest.contents: contents is not specified")
    held = read_contents(contents, opened)
    system = asked.get("systemInstruction", {}).get("parts", [])
    texts = held.texts + [part["text"] for part in system if part.get("text")]
    said = "\n".join(texts)
    pictures = model.reference_tokens * len(held.references)
    return count_text(said), pictures, len("".join(said.split()))


def count_text(text: str) -> int:
    """Tokens of a text: about four bytes each."""
    return -(-len(text.encode("utf-8", "replace")) // 4)
