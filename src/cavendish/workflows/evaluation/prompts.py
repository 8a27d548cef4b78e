"""Prompts from a file: one a line, or a list in JSON Lines, JSON or YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from cavendish.core.errors import InvalidRequest

MOST_PROMPTS: Final = 200
_BYTES: Final = 2_000_000
_LISTS: Final = (".jsonl", ".json", ".yaml", ".yml")
_ACCEPTS: Final = "a text file with one prompt a line, or a list in .jsonl, .json or .yaml"


def prompts(said: str | Path | Sequence[str | Path]) -> tuple[str, ...]:
    """The prompts, in order: files are read, other texts are prompts themselves.

    Raises: InvalidRequest for a file that cannot be read, no prompts, or too many.
    """
    given = [said] if isinstance(said, str | Path) else list(said)
    found = [prompt for one in given for prompt in _from(one)]
    if not 1 <= len(found) <= MOST_PROMPTS:
        raise InvalidRequest("prompts", f"{len(found)} were given", accepts=f"1..{MOST_PROMPTS}")
    return tuple(found)


def _from(said: str | Path) -> Iterable[str]:
    if not isinstance(said, Path):
        named = Path(said) if len(said) < 256 and "\n" not in said and "\0" not in said else None
        is_file = named is not None and (named.suffix in {*_LISTS, ".txt"} or named.is_file())
        if named is None or not is_file:
            return [said.strip()] if said.strip() else []
        said = named
    try:
        with said.open(encoding="utf-8-sig") as file:
            text = file.read(_BYTES)
        return _listed(text, said.suffix)
    except OSError as error:
        raise InvalidRequest("prompts", f"{said}: {error.strerror}", accepts=_ACCEPTS) from None
    except ValueError as error:
        raise InvalidRequest("prompts", f"{said}: {error}", accepts=_ACCEPTS) from None


def _listed(text: str, suffix: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if suffix not in _LISTS:
        return lines
    if suffix == ".jsonl":
        return [_prompt(json.loads(line)) for line in lines]
    if suffix == ".json":
        listed = json.loads(text)
    else:
        import yaml

        try:
            listed = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(f"is not YAML: {error}") from error
    if not isinstance(listed, list):
        raise ValueError("is not a list")
    return [_prompt(one) for one in listed]


def _prompt(said: Any) -> str:
    """A text, or a table with a prompt in it."""
    words = said.get("prompt") if isinstance(said, dict) else said
    if not isinstance(words, str) or not words.strip():
        raise ValueError(f"{said!r} holds no prompt")
    return words.strip()
