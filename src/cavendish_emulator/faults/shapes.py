"""Faults of the answer's shape: the model ran, and the JSON around its picture is odd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pybase64

from cavendish_emulator.faults.entry import Args, Entry
from cavendish_emulator.faults.pictures import Drawn
from cavendish_emulator.google.answer import Answer

Shape = Callable[[Answer, Args, Sequence[Drawn]], None]


def _no_pictures(_args: Args) -> int:
    return 0


@dataclass(frozen=True)
class Shaped(Entry):
    """A fault of the JSON: `shape` changes the answer in place.

    `pictures` and `drafts` say how many pictures are drawn: the first are billed and in the
    answer, the second are the model's thoughts and are handed to `shape`.
    """

    shape: Shape = lambda _answer, _args, _drafts: None
    pictures: Callable[[Args], int] = lambda _args: 1
    drafts: Callable[[Args], int] = _no_pictures
    says: str = ""


def _candidate(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = answer.body["candidates"][0]
    return found


def _inline(answer: Answer) -> dict[str, Any]:
    """The inlineData of the answer's picture."""
    found = [part["inlineData"] for part in answer.parts if "inlineData" in part]
    return dict(found[-1]) if not found else found[-1]


def _thought(answer: Answer, drafts: Sequence[Drawn]) -> list[dict[str, Any]]:
    return [
        {
            "inlineData": {"mimeType": d.mime, "data": answer.place(pybase64.b64encode(d.data))},
            "thought": True,
        }
        for d in drafts
    ]


def _thoughts_only(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.parts[:] = [{"text": "I weigh the composition.", "thought": True}]


def _before(answer: Answer, _args: Args, drafts: Sequence[Drawn]) -> None:
    answer.parts[:0] = _thought(answer, drafts)


def _after(answer: Answer, _args: Args, drafts: Sequence[Drawn]) -> None:
    answer.parts.extend(_thought(answer, drafts))


def _only_drafts(answer: Answer, _args: Args, drafts: Sequence[Drawn]) -> None:
    answer.parts[:] = _thought(answer, drafts)


def _text_after(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.parts.append({"text": "I hope you like it."})


def _set_content(content: Any) -> Shape:
    def shape(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
        candidate = _candidate(answer)
        if content is _ABSENT:
            candidate.pop("content", None)
        else:
            candidate["content"] = content

    return shape


_ABSENT = object()


def _snake_case(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.snaked = True


def _usage(change: Callable[[dict[str, Any]], Any]) -> Shape:
    def shape(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
        answer.body["usageMetadata"] = change(answer.body["usageMetadata"])

    return shape


def _counts(usage: Any, change: Callable[[int], Any]) -> Any:
    if isinstance(usage, dict):
        return {key: _counts(item, change) for key, item in usage.items()}
    if isinstance(usage, list):
        return [_counts(item, change) for item in usage]
    return change(usage) if isinstance(usage, int) else usage


def _contradictory(usage: dict[str, Any]) -> dict[str, Any]:
    total = usage["totalTokenCount"]
    details = [{"modality": "IMAGE", "tokenCount": 4 * total}]
    return {**usage, "totalTokenCount": total // 2, "candidatesTokensDetails": details}


def _undetailed(usage: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in usage.items() if not key.endswith("Details")}


def _drop(*names: str) -> Shape:
    def shape(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
        for name in names:
            answer.body.pop(name, None)

    return shape


def _mime(mime: str | None) -> Shape:
    def shape(answer: Answer, args: Args, _drafts: Sequence[Drawn]) -> None:
        inline = _inline(answer)
        said = args.get("mime", mime)
        if said is None:
            inline.pop("mimeType", None)
        else:
            inline["mimeType"] = said

    return shape


def _recoded(change: Callable[[bytes], bytes]) -> Shape:
    def shape(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
        answer.blobs[:] = [change(blob) for blob in answer.blobs]

    return shape


def _broken_lines(blob: bytes) -> bytes:
    return b"\\n".join(blob[i : i + 76] for i in range(0, len(blob), 76))


def _other_model(answer: Answer, args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.body["modelVersion"] = args["model"]


def _unknown_fields(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.body["turnToken"] = "v1:emulated"
    _candidate(answer)["tomorrow"] = {"nested": [1, None, "x"]}
    _inline(answer)["displayName"] = "picture"


def _two_candidates(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.body["candidates"].append({**_candidate(answer), "index": 1})


def _no_candidates(answer: Answer, args: Args, _drafts: Sequence[Drawn]) -> None:
    if args["empty"]:
        answer.body["candidates"] = []
    else:
        del answer.body["candidates"]


def _no_finish(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    del _candidate(answer)["finishReason"]


def _no_signature(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    for part in answer.parts:
        part.pop("thoughtSignature", None)


def _link(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.parts[:] = [{"text": "![image](https://example.invalid/picture.png)"}]


def _compact(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.compact = True


def _escaped(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.escaped = True


def _bom(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.before = b"\xef\xbb\xbf"


def _pretty(answer: Answer, _args: Args, _drafts: Sequence[Drawn]) -> None:
    answer.compact = False


def _count(args: Args) -> int:
    return int(args["count"])


_COUNT = {"count": ("integer", 1)}
_REFUSAL = "I am sorry, I cannot draw that for you."

SHAPES: dict[str, Shaped] = {
    "text_only": Shaped("Words, STOP, and no picture.", pictures=_no_pictures, says=_REFUSAL),
    "link_only": Shaped("A link in words where the picture should be.", {}, _link),
    "thoughts_only": Shaped("One thought and nothing else.", {}, _thoughts_only, _no_pictures),
    "thought_pictures_only": Shaped(
        "Drafts with thought: true, and no final picture.",
        _COUNT,
        _only_drafts,
        _no_pictures,
        _count,
    ),
    "thought_pictures_before": Shaped(
        "Drafts with thought: true before the picture.", _COUNT, _before, drafts=_count
    ),
    "thought_pictures_after": Shaped(
        "Drafts with thought: true after the picture.", _COUNT, _after, drafts=_count
    ),
    "text_after": Shaped("Words after the picture.", {}, _text_after),
    "several_pictures": Shaped(
        "Several pictures, each billed; the last is the one.",
        {"count": ("integer", 2)},
        pictures=_count,
    ),
    "several_candidates": Shaped("The candidate twice.", {}, _two_candidates),
    "no_candidates": Shaped(
        "No candidates, or an empty list.", {"empty": ("boolean", False)}, _no_candidates
    ),
    "parts_null": Shaped("parts is null.", {}, _set_content({"parts": None, "role": "model"})),
    "parts_empty": Shaped("parts is empty.", {}, _set_content({"parts": [], "role": "model"})),
    "content_absent": Shaped("A candidate without content.", {}, _set_content(_ABSENT)),
    "content_null": Shaped("content is null.", {}, _set_content(None)),
    "content_empty": Shaped("content is {}.", {}, _set_content({})),
    "content_role_only": Shaped("content has a role only.", {}, _set_content({"role": "model"})),
    "no_finish_reason": Shaped("A picture, and no finishReason.", {}, _no_finish),
    "snake_case": Shaped("Every name in snake_case, as relays write.", {}, _snake_case),
    "usage_missing": Shaped("No usageMetadata.", {}, _drop("usageMetadata")),
    "usage_empty": Shaped("usageMetadata is {}.", {}, _usage(lambda _usage: {})),
    "usage_negative": Shaped("Negative counts.", {}, _usage(lambda u: _counts(u, lambda n: -n))),
    "usage_string": Shaped("Counts as strings.", {}, _usage(lambda u: _counts(u, str))),
    "usage_huge": Shaped("Counts of 10**15.", {}, _usage(lambda u: _counts(u, lambda _n: 10**15))),
    "usage_contradictory": Shaped("Details that exceed their total.", {}, _usage(_contradictory)),
    "usage_undetailed": Shaped("Totals without details.", {}, _usage(_undetailed)),
    "mime_missing": Shaped("inlineData without mimeType.", {}, _mime(None)),
    "mime_jpg": Shaped("image/jpg, which is no registered type.", {}, _mime("image/jpg")),
    "mime_wrong": Shaped(
        "A MIME type the bytes are not of.", {"mime": ("string", "image/webp")}, _mime(None)
    ),
    "base64_url_safe": Shaped(
        "The url-safe alphabet.",
        {},
        _recoded(lambda blob: blob.translate(bytes.maketrans(b"+/", b"-_"))),
    ),
    "base64_unpadded": Shaped("No = at the end.", {}, _recoded(lambda blob: blob.rstrip(b"="))),
    "base64_lines": Shaped("A line break after every 76 characters.", {}, _recoded(_broken_lines)),
    "base64_garbage": Shaped(
        "Characters of no alphabet.",
        {},
        _recoded(lambda blob: blob[: len(blob) // 2] + b"!*(" + blob[len(blob) // 2 :]),
    ),
    "escaped_slashes": Shaped("Every / as \\/.", {}, _escaped),
    "compact": Shaped("JSON without a space.", {}, _compact),
    "pretty": Shaped("JSON over lines, as Google writes it.", {}, _pretty),
    "bom": Shaped("A byte order mark before the JSON.", {}, _bom),
    "unknown_fields": Shaped("Fields nobody knows yet.", {}, _unknown_fields),
    "no_signature": Shaped("No thoughtSignature.", {}, _no_signature),
    "no_response_id": Shaped("No responseId.", {}, _drop("responseId")),
    "no_model_version": Shaped("No modelVersion.", {}, _drop("modelVersion")),
    "other_model_version": Shaped(
        "The modelVersion of another model.",
        {"model": ("string", "gemini-2.5-flash-image")},
        _other_model,
    ),
}
