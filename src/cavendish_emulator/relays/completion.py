"""A chat completion with its pictures, whole or as events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cavendish_emulator.google.answer import Answer
from cavendish_emulator.relays.outcome import FILTERED, Outcome

_WORDS = 6  # to a chunk
_DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Completion:
    """One completion; `provider` is named where a router wrote it, with Google's own words."""

    id: str
    model: str
    created: int
    outcome: Outcome
    usage: dict[str, Any] | None
    provider: str | None
    in_markdown: bool

    def whole(self) -> Answer:
        """The completion as one body."""
        answer = Answer({}, compact=True)
        words, images = self._content(answer)
        routed = self.provider is not None
        message: dict[str, Any] = {
            "role": "assistant",
            "content": words or ("" if routed else None),
            "refusal": self.outcome.said if self.outcome.filtered else None,
        }
        if images or routed:
            message["images"] = images
        choice = {"index": 0, "message": message, "logprobs": None, **self._ending()}
        head = self._head("chat.completion")
        answer.body = {**head, "system_fingerprint": None, "choices": [choice]}
        if self.usage is not None:
            answer.body["usage"] = self.usage
        return answer

    def events(self, *, counted: bool, error: dict[str, Any] | None = None) -> list[bytes]:
        """The completion as server-sent events; `counted` ends them with the usage.

        `error` comes in the place of everything after the first event.
        """
        answer = Answer({}, compact=True)
        words, images = self._content(answer)
        first: dict[str, Any] = {"role": "assistant", "content": ""}
        deltas = [first, *({"content": piece} for piece in _cut(words))]
        if images:
            deltas.append({"images": images})
        head = self._head("chat.completion.chunk")
        unfinished = {"logprobs": None, "finish_reason": None}
        bodies = [
            {**head, "choices": [{"index": 0, "delta": delta, **unfinished}]} for delta in deltas
        ]
        last = {"index": 0, "delta": {}, "logprobs": None, **self._ending()}
        bodies.append({**head, "choices": [last]})
        if counted and self.usage is not None:
            bodies.append({**head, "choices": [], "usage": self.usage})
        if error is not None:
            bodies = [bodies[0], {**head, **error}]
        pieces = [b": OPENROUTER PROCESSING\n\n"] if self.provider is not None else []
        for body in bodies:
            pieces += [b"data: ", *answer.pieces(body), b"\n\n"]
        return pieces if error is not None else [*pieces, _DONE]

    def _head(self, kind: str) -> dict[str, Any]:
        head: dict[str, Any] = {"id": self.id}
        if self.provider is not None:
            head["provider"] = self.provider
        return {**head, "model": self.model, "object": kind, "created": self.created}

    def _content(self, answer: Answer) -> tuple[str, list[dict[str, Any]]]:
        """The words, and the pictures where they stand beside them."""
        urls = [
            f"data:{mime};base64,{answer.place(base64)}" for mime, base64 in self.outcome.pictures
        ]
        if self.in_markdown:
            shown = [f"![image]({url})" for url in urls]
            return "\n\n".join([self.outcome.words, *shown] if self.outcome.words else shown), []
        return self.outcome.words, [
            {"type": "image_url", "image_url": {"url": url}, "index": i}
            for i, url in enumerate(urls)
        ]

    def _ending(self) -> dict[str, Any]:
        reason = self.outcome.finish
        filtered = self.outcome.blocked or reason in FILTERED
        ours = "content_filter" if filtered else "length" if reason == "MAX_TOKENS" else "stop"
        native = {"native_finish_reason": reason} if self.provider is not None else {}
        return {"finish_reason": ours, **native}


def _cut(words: str) -> list[str]:
    """The words in pieces; a picture within them stays whole."""
    found = words.split(" ") if words else []
    cut = [" ".join(found[i : i + _WORDS]) for i in range(0, len(found), _WORDS)]
    return [piece if i == 0 else f" {piece}" for i, piece in enumerate(cut)]
