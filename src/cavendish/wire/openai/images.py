"""The images dialect, our half: OpenRouter's endpoint, or OpenAI's pair of generations and edits.

OpenRouter takes `resolution`, `aspect_ratio` and `input_references` at one address. The pair says
size and ratio in pixels and takes references as a form, at another address (`edits_path`); LiteLLM
knows five such sizes for Gemini and draws 1:1 for any other without a word, so a channel may have
a table of what it knows. `response_format` is not said: OpenRouter and OpenAI's own image models
answer with base64 anyway and the latter refuse the field; where a relay has it, a channel's `extra`
says it. Sources: https://openrouter.ai/docs/api/api-reference/images/generate-an-image,
https://platform.openai.com/docs/api-reference/images, https://docs.litellm.ai/docs/image_edits,
checked 2026-11-25.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from cavendish.core.errors import InvalidRequest
from cavendish.core.model import ChannelFacts, Model
from cavendish.core.request import ImageRequest
from cavendish.wire.json_writing import as_json, data_urls, with_fields
from cavendish.wire.message import Message

__all__ = ["CARRIES", "EDITS_PATH", "PATH", "message"]

PATH: Final = "/v1/images/generations"
EDITS_PATH: Final = "/v1/images/edits"
CARRIES: Final = frozenset({"model", "prompt", "size", "aspect_ratio", "references", "seed"})
ONLY_SIZE: Final = "1K"
"""What is drawn where pixels stand for a ratio alone."""


def message(request: ImageRequest, model: Model, facts: ChannelFacts, model_id: str) -> Message:
    """One picture. Raises InvalidRequest for a size or ratio that the channel has no word for."""
    said: dict[str, Any] = {"n": 1, **facts.extra}
    if request.seed is not None:
        said["seed"] = request.seed
    if facts.edits_path is None:
        said["aspect_ratio"] = request.aspect_ratio
        if model.takes_size:
            said["resolution"] = request.size
    else:
        said["size"] = _pixels(request, model, facts)
        if request.references:
            return _form({"model": model_id, "prompt": request.prompt, **said}, request, facts)
    body = [b'{"model":', as_json(model_id), b',"prompt":', as_json(request.prompt)]
    if request.references:
        body.append(b',"input_references":[')
        for number, url in enumerate(data_urls(request.references)):
            body += [b"," if number else b"", b'{"type":"image_url","image_url":{"url":', *url]
            body.append(b"}}")
        body.append(b"]")
    return Message(facts.path, b"".join([*body, *with_fields(said), b"}"]), openai=True)


def _pixels(request: ImageRequest, model: Model, facts: ChannelFacts) -> str:
    if not facts.pixels:
        width, height = model.pixels[request.size][request.aspect_ratio]
        return f"{width}x{height}"
    if request.size != ONLY_SIZE:
        raise InvalidRequest("size", f"{facts.title} draws {ONLY_SIZE} only", accepts=(ONLY_SIZE,))
    if request.aspect_ratio not in facts.pixels:
        raise InvalidRequest(
            "aspect_ratio",
            f"{facts.title} has no word for {request.aspect_ratio}",
            accepts=tuple(facts.pixels),
        )
    return facts.pixels[request.aspect_ratio]


def _form(said: dict[str, Any], request: ImageRequest, facts: ChannelFacts) -> Message:
    """Fields and files as multipart/form-data; the boundary is made of what stands between."""
    parts = [(f'name="{name}"', b"", str(value).encode()) for name, value in said.items()]
    field = "image" if len(request.references) == 1 else "image[]"
    for number, reference in enumerate(request.references, 1):
        ending = reference.mime.rpartition("/")[2]
        kind = b"Content-Type: " + reference.mime.encode("ascii", "replace") + b"\r\n"
        parts.append((f'name="{field}"; filename="{number}.{ending}"', kind, reference.data))
    digest = hashlib.sha256(request.digest.encode())
    for head, _, data in parts:
        digest.update(head.encode() + data)
    boundary = f"cavendish-{digest.hexdigest()[:40]}".encode()  # at most 70 characters
    body = []
    for head, kind, data in parts:
        body += [b"--", boundary, b"\r\nContent-Disposition: form-data; ", head.encode(), b"\r\n"]
        body += [kind, b"\r\n", data, b"\r\n"]
    body += [b"--", boundary, b"--\r\n"]
    kind_said = f"multipart/form-data; boundary={boundary.decode()}"
    assert facts.edits_path is not None
    return Message(facts.edits_path, b"".join(body), content_type=kind_said, openai=True)
