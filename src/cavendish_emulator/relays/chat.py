"""Chat completions with pictures: messages as a native body.

Forms: https://openrouter.ai/docs/guides/overview/multimodal/image-generation.md and, for
`extra_body`, that of Google's own OpenAI compatibility,
https://ai.google.dev/gemini-api/docs/openai, checked 2026-11-25.
"""

from __future__ import annotations

from typing import Any

from cavendish_emulator.catalog import Model
from cavendish_emulator.relays.dialects import OwnError
from cavendish_emulator.relays.order import Native, image_config, image_part

_ROLES = {"user": "user", "assistant": "model"}
_SYSTEM = {"system", "developer"}
# ours -> OpenAI's names, of which the first that is given counts
_SETTINGS = {
    "maxOutputTokens": ("max_completion_tokens", "max_tokens"),
    "temperature": ("temperature",),
    "topP": ("top_p",),
    "seed": ("seed",),
    "candidateCount": ("n",),
}
_ALWAYS = {"maxOutputTokens", "candidateCount"}


def native_body(fields: dict[str, Any], model: Model) -> Native:
    """The native body for a chat completion. Raises: OwnError."""
    messages = fields.get("messages")
    if not isinstance(messages, list) or not messages:
        text = "Missing required parameter: 'messages'."
        raise OwnError(400, text, name="missing_required_parameter", param="messages")
    contents, system = [], []
    for i, message in enumerate(messages):
        where = f"messages[{i}]"
        role = message.get("role") if isinstance(message, dict) else None
        if role in _SYSTEM:
            system += _parts(message, where)
        elif role in _ROLES:
            contents.append({"role": _ROLES[role], "parts": _parts(message, where)})
        else:
            text = f"Invalid value: '{role}'. Supported: system, developer, user, assistant."
            raise OwnError(400, text, name="invalid_value", param=f"{where}.role")
    body: Native = {"contents": contents, "generationConfig": _config(fields, model)}
    return {**body, "systemInstruction": {"parts": system}} if system else body


def _parts(message: dict[str, Any], where: str) -> list[Native]:
    content = message.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content else []
    parts: list[Native] = []
    for p, item in enumerate(content if isinstance(content, list) else []):
        kind = item.get("type") if isinstance(item, dict) else None
        if kind in {"text", "input_text", "output_text"}:
            parts.append({"text": str(item.get("text", ""))})
        elif kind in {"image_url", "input_image"}:
            parts.append(image_part(item, f"{where}.content[{p}].image_url"))
        else:
            text = f"Invalid value: '{kind}'. Supported: 'text' and 'image_url'."
            raise OwnError(400, text, name="invalid_value", param=f"{where}.content[{p}].type")
    # What a picture of the model's came as, so it may go back.
    shown = message.get("images")
    sent = shown if isinstance(shown, list) else []
    return parts + [image_part(image, f"{where}.images") for image in sent]


def _config(fields: dict[str, Any], model: Model) -> Native:
    modalities = fields.get("modalities")
    config: Native = {}
    if isinstance(modalities, list):
        config["responseModalities"] = [str(name).upper() for name in modalities]
    wanted = _object(fields.get("image_config")) or _object(
        _object(_object(fields.get("extra_body")).get("google")).get("image_config")
    )
    image = image_config(model, None, wanted.get("aspect_ratio"), wanted.get("image_size"))
    if image:
        config["imageConfig"] = image
    for name, theirs in _SETTINGS.items():
        given = next((fields[key] for key in theirs if fields.get(key) is not None), None)
        # A setting the model does not take is left out, as relays do.
        takes = model.parameters.get(name, model.parameters.get("temperature", True)) is not False
        if given is not None and (takes or name in _ALWAYS):
            config[name] = given
    return config


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
