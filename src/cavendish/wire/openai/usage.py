"""What an answer in OpenAI's shape says was counted and charged.

Names: https://platform.openai.com/docs/api-reference/chat/object (usage) and, for `cost`,
https://openrouter.ai/docs/cookbook/administration/usage-accounting (without being
asked for: `usage.include` has no effect any more), checked 2026-11-25. Reasoning and pictures
are parts of `completion_tokens`, and the rest of it is billed as text; so it was recorded (1537
with 1120 of a picture: 1120 at the picture's rate and 417 at the text's are the charge).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cavendish.core.money import Money
from cavendish.core.number import is_whole
from cavendish.core.result import Usage
from cavendish.wire.charge import amount

__all__ = ["cost", "usage"]

_MOST_TOKENS: Final = 1_000_000_000
_DIGITS: Final = re.compile(r"[0-9]{1,10}", re.ASCII)


def usage(said: object, *, pictures: bool) -> Usage | None:
    """Reads `usage`; None where it is absent or holds what is no count.

    Where nothing says how many tokens were of `pictures` that came, all that was not reasoning is
    counted as theirs: the reading that bills more.
    """
    if not isinstance(said, Mapping):
        return None
    prompt = _count(said, "prompt_tokens", "input_tokens")
    completion = _count(said, "completion_tokens", "output_tokens")
    shown = _detail(said, "image_tokens", "prompt_tokens_details", "input_tokens_details")
    out = ("completion_tokens_details", "output_tokens_details")
    drawn, thought = _detail(said, "image_tokens", *out), _detail(said, "reasoning_tokens", *out)
    if None in (prompt, completion, shown, drawn, thought) or not (prompt or completion):
        return None
    assert prompt is not None and completion is not None and shown is not None
    assert drawn is not None and thought is not None
    if pictures and not drawn:
        drawn = max(0, completion - thought)
    return Usage(
        input_text=max(0, prompt - shown),
        input_image=shown,
        output_text=max(0, completion - drawn - thought),
        output_thinking=thought,
        output_image=drawn,
    )


def cost(said: object) -> Money | None:
    """What the provider charged, rounded up once; None where it does not say.

    With a key of one's own behind the provider (`is_byok`) its charge is a fee, and what the
    service itself takes stands beside it.
    """
    if not isinstance(said, Mapping):
        return None
    total = amount(said.get("cost"))
    if total is not None and said.get("is_byok") is True:
        details = said.get("cost_details")
        beside = details.get("upstream_inference_cost") if isinstance(details, Mapping) else None
        total += amount(beside) or 0
    return None if total is None else Money.rounded_up(total)


def _count(said: Mapping[str, Any], *names: str) -> int | None:
    """The count at the first of these names; 0 where none is there, None where it is none."""
    value = next((said[name] for name in names if said.get(name) is not None), 0)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    return value if is_whole(value) and 0 <= value <= _MOST_TOKENS else None


def _detail(said: Mapping[str, Any], name: str, *holders: str) -> int | None:
    held: Mapping[str, Any] = next(
        (said[h] for h in holders if isinstance(said.get(h), Mapping)), {}
    )
    return _count(held, name)
