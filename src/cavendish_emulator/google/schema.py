"""The request messages as protobuf JSON knows them: names, kinds, and Google's complaints."""

from __future__ import annotations

import re
from typing import Any

from cavendish_emulator.google.errors import bad_fields

_PROTO = "type.googleapis.com/google.ai.generativelanguage.v1beta."
# What a request may set, and what only older models and answers know.
SAFETY = (
    "SEXUALLY_EXPLICIT",
    "HATE_SPEECH",
    "HARASSMENT",
    "DANGEROUS_CONTENT",
    "CIVIC_INTEGRITY",
)
_EVERY_SAFETY = (  # by number
    "UNSPECIFIED",
    "DEROGATORY",
    "TOXICITY",
    "VIOLENCE",
    "SEXUAL",
    "MEDICAL",
    "DANGEROUS",
    "HARASSMENT",
    "HATE_SPEECH",
    "SEXUALLY_EXPLICIT",
    "DANGEROUS_CONTENT",
    "CIVIC_INTEGRITY",
    "IMAGE_HATE",
    "IMAGE_DANGEROUS_CONTENT",
    "IMAGE_HARASSMENT",
    "IMAGE_SEXUALLY_EXPLICIT",
    "JAILBREAK",
)

# field -> kind. A kind is a scalar, another message, "any", or "[kind]" for a list.
MESSAGES: dict[str, dict[str, str]] = {
    "Request": {
        "model": "string",
        "contents": "[Content]",
        "systemInstruction": "Content",
        "tools": "[Tool]",
        "toolConfig": "any",
        "safetySettings": "[SafetySetting]",
        "generationConfig": "GenerationConfig",
        "cachedContent": "string",
        "serviceTier": "ServiceTier",
        "store": "bool",
    },
    "Content": {"parts": "[Part]", "role": "string"},
    "Part": {
        "text": "string",
        "inlineData": "Blob",
        "fileData": "FileData",
        "thought": "bool",
        "thoughtSignature": "string",
        "functionCall": "any",
        "functionResponse": "any",
        "executableCode": "any",
        "codeExecutionResult": "any",
        "videoMetadata": "any",
        "mediaResolution": "any",
    },
    "Blob": {"mimeType": "string", "data": "string"},
    "FileData": {"mimeType": "string", "fileUri": "string"},
    "Tool": {
        "googleSearch": "GoogleSearch",
        "googleSearchRetrieval": "any",
        "functionDeclarations": "any",
        "codeExecution": "any",
        "urlContext": "any",
        "googleMaps": "any",
        "fileSearch": "any",
        "computerUse": "any",
    },
    "GoogleSearch": {"timeRangeFilter": "any", "searchTypes": "SearchTypes"},
    "SearchTypes": {"webSearch": "any", "imageSearch": "any"},
    "SafetySetting": {"category": "HarmCategory", "threshold": "HarmBlockThreshold"},
    "CountTokens": {
        "model": "string",
        "contents": "[Content]",
        "generateContentRequest": "Request",
    },
    "GenerationConfig": {
        "candidateCount": "int32",
        "stopSequences": "[string]",
        "maxOutputTokens": "int32",
        "temperature": "float",
        "topP": "float",
        "topK": "int32",
        "seed": "int32",
        "responseMimeType": "string",
        "responseSchema": "any",
        "responseJsonSchema": "any",
        "presencePenalty": "float",
        "frequencyPenalty": "float",
        "responseLogprobs": "bool",
        "logprobs": "int32",
        "responseModalities": "[Modality]",
        "speechConfig": "any",
        "thinkingConfig": "ThinkingConfig",
        "imageConfig": "ImageConfig",
        "mediaResolution": "any",
        "enableEnhancedCivicAnswers": "bool",
    },
    "ThinkingConfig": {
        "includeThoughts": "bool",
        "thinkingBudget": "int32",
        "thinkingLevel": "ThinkingLevel",
    },
    "ImageConfig": {"aspectRatio": "string", "imageSize": "string"},
}
# kind -> (its name, its values in the order of their numbers)
ENUMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Modality": (
        _PROTO + "GenerationConfig.Modality",
        ("MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO"),
    ),
    "ThinkingLevel": (
        _PROTO + "ThinkingConfig.ThinkingLevel",
        ("THINKING_LEVEL_UNSPECIFIED", "LOW", "HIGH", "MEDIUM", "MINIMAL"),
    ),
    "ServiceTier": (
        _PROTO + "ServiceTier",
        ("SERVICE_TIER_UNSPECIFIED", "STANDARD", "FLEX", "PRIORITY", "UNSPECIFIED"),
    ),
    "HarmCategory": (
        _PROTO + "HarmCategory",
        tuple(f"HARM_CATEGORY_{name}" for name in _EVERY_SAFETY),
    ),
    "HarmBlockThreshold": (
        _PROTO + "SafetySetting.HarmBlockThreshold",
        (
            "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
            "BLOCK_LOW_AND_ABOVE",
            "BLOCK_MEDIUM_AND_ABOVE",
            "BLOCK_ONLY_HIGH",
            "BLOCK_NONE",
            "OFF",
        ),
    ),
}


def snake(name: str) -> str:
    """`imageSize` -> `image_size`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def normalise(body: Any, kind: str = "Request") -> dict[str, Any]:
    """The body with camelCase names and checked kinds, or Google's 400 naming every fault."""
    violations: list[tuple[str, str]] = []
    if not isinstance(body, dict):
        text = "Invalid JSON payload received. The root element must be a message."
        raise bad_fields([("", text)])
    checked = _message(kind, body, "", violations)
    if violations:
        raise bad_fields(violations)
    return checked


def _message(
    name: str, value: dict[str, Any], path: str, violations: list[tuple[str, str]]
) -> dict[str, Any]:
    fields = MESSAGES[name]
    by_name = {**{snake(field): field for field in fields}, **{field: field for field in fields}}
    checked: dict[str, Any] = {}
    for key, item in value.items():
        field = by_name.get(key)
        if field is None:
            where = f" at '{path}'" if path else ""
            text = f'Invalid JSON payload received. Unknown name "{key}"{where}: Cannot find field.'
            violations.append((path, text))
        elif item is not None:
            below = f"{path}.{snake(field)}" if path else snake(field)
            checked[field] = _value(fields[field], item, below, violations)
    return checked


def _value(kind: str, value: Any, path: str, violations: list[tuple[str, str]]) -> Any:
    if kind == "any":
        return value
    if kind.startswith("["):
        # Like Google, take a lone item where a list of messages is expected.
        items = value if isinstance(value, list) else [value]
        inner = kind[1:-1]
        return [_value(inner, v, f"{path}[{i}]", violations) for i, v in enumerate(items)]
    if kind in MESSAGES:
        if isinstance(value, dict):
            return _message(kind, value, path, violations)
        violations.append((path, f"Invalid value at '{path}' ({_PROTO}{kind}), {_show(value)}"))
        return {}
    if kind in ENUMS:
        proto, allowed = ENUMS[kind]
        if isinstance(value, str) and value.upper() in allowed:
            return value.upper()
        if type(value) is int and 0 <= value < len(allowed):
            return allowed[value]
        violations.append((path, f"Invalid value at '{path}' ({proto}), {_show(value)}"))
        return None
    number = _number(value) if kind in {"int32", "float"} else value
    if _scalar_fits(kind, number):
        return int(number) if kind == "int32" else number
    violations.append((path, f"Invalid value at '{path}' (TYPE_{kind.upper()}), {_show(value)}"))
    return None


def _number(value: Any) -> Any:
    """Numbers may come as strings in proto3 JSON."""
    if not isinstance(value, str):
        return value
    try:
        return float(value) if any(mark in value for mark in ".eE") else int(value)
    except ValueError:
        return value


def _scalar_fits(kind: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "bool":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if kind == "float":
        return value == value and abs(value) < float("inf")
    return value == int(value) and -(2**31) <= value < 2**31 if abs(value) < 2**53 else False


def _show(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)[:80]
