"""What a model takes and what it refuses, in the service's words."""

from __future__ import annotations

from typing import Any

from cavendish_emulator.catalog import Model
from cavendish_emulator.google.errors import GoogleError, invalid
from cavendish_emulator.google.schema import SAFETY

_SAMPLING = ("temperature", "seed", "topP", "topK", "logprobs", "responseLogprobs")
_CONFIG = "* GenerateContentRequest.generation_config."
_TIERS = {"", "unspecified", "service_tier_unspecified"}
_TOOLS = {  # what the models of this family never had
    "functionDeclarations": "Function calling",
    "codeExecution": "Code execution",
    "urlContext": "Url context as tool",
    "googleMaps": "Google Maps as tool",
    "fileSearch": "File search as tool",
    "computerUse": "Computer use",
}


def check_sampling(config: dict[str, Any], model: Model) -> None:
    """Refuse sampling parameters the model does not take, and values out of range."""
    for name in _SAMPLING:
        if name not in config:
            continue
        rule = model.parameters.get(name, model.parameters.get("temperature", True))
        if rule is False:
            raise invalid(f"{name} is not supported by '{model.id}'.")
        if name == "temperature" and isinstance(rule, list):
            _within(config[name], "temperature", *rule)
    if "topP" in config:
        _within(config["topP"], "top_p", 0, 1)
    if config.get("topK", 1) < 1:
        raise invalid(_CONFIG + "top_k: top_k must be positive.")
    if config.get("candidateCount", 1) != 1:
        raise invalid("Multiple candidates is not enabled for this model")
    if config.get("responseMimeType", "text/plain") != "text/plain" or any(
        config.get(name) for name in ("responseSchema", "responseJsonSchema")
    ):
        raise invalid(f"JSON mode is not enabled for models/{model.id}")
    most = config.get("maxOutputTokens", 1)
    if not 1 <= most <= model.output_limit:
        raise invalid(
            "Unable to submit request because it has a maxOutputTokens value of "
            f"{most} but the supported range is from 1 (inclusive) to {model.output_limit + 1} "
            "(exclusive). Update the value and try again."
        )


def _within(value: float, name: str, low: float, high: float) -> None:
    if not low <= value <= high:
        raise invalid(f"{_CONFIG}{name}: {name} must be in the range [{low:.1f}, {high:.1f}].")


def check_thinking(thinking: dict[str, Any], model: Model) -> None:
    """Refuse thoughts of a model that has none, and levels it does not know."""
    if "thinkingBudget" in thinking:
        raise invalid("Thinking budget is not supported for this model.")
    level = thinking.get("thinkingLevel", "THINKING_LEVEL_UNSPECIFIED").lower()
    named = level != "thinking_level_unspecified"
    if not model.thinking.on:
        if thinking.get("includeThoughts"):
            raise invalid(f"Thinking is not enabled for models/{model.id}")
        if named:
            raise invalid("Thinking level is not supported for this model.")
    if named and model.thinking.levels and level not in model.thinking.levels:
        raise invalid(f"Thinking level {level.upper()} is not supported for this model.")


def read_tier(tier: str | None, model: Model) -> str:
    """The service tier that is billed, in lower case."""
    asked = (tier or "").lower()
    if asked in _TIERS:
        return "standard"
    if asked not in model.prices:
        raise invalid(
            f"Service tier {asked} is not supported by '{model.id}'. "
            f"Supported: {', '.join(model.prices)}."
        )
    return asked


def check_safety(settings: list[dict[str, Any]]) -> None:
    """Refuse categories that exist and may not be set, and a category set twice."""
    allowed = [f"HARM_CATEGORY_{name}" for name in SAFETY]
    seen: set[str] = set()
    for i, setting in enumerate(settings):
        category = setting.get("category", "HARM_CATEGORY_UNSPECIFIED")
        where = f"* GenerateContentRequest.safety_settings[{i}]"
        if category not in allowed:
            names = ", ".join(f"HarmCategory.{name}" for name in allowed)
            raise invalid(f"{where}: element predicate failed: $.category in ({names})")
        if category in seen:
            raise invalid(f"{where}: duplicate safety setting for {category}.")
        seen.add(category)


def read_searches(tools: list[dict[str, Any]], model: Model) -> tuple[str, ...]:
    """The kinds of search asked for (web, image), refused where the model has none."""
    wanted: list[str] = []
    for tool in tools:
        for name, said in _TOOLS.items():
            if name in tool:
                raise invalid(f"{said} is not enabled for models/{model.id}")
        if "googleSearchRetrieval" in tool:
            raise invalid(
                "google_search_retrieval is not supported. Please use google_search tool instead."
            )
        if "googleSearch" not in tool:
            continue
        kinds = tool["googleSearch"].get("searchTypes") or {"webSearch": {}}
        wanted += [kind for kind in ("web", "image") if f"{kind}Search" in kinds]
    for kind in wanted:
        if kind not in model.searches:
            said = "Search as tool" if kind == "web" or not model.searches else "Image search"
            raise invalid(f"{said} is not enabled for models/{model.id}")
    return tuple(dict.fromkeys(wanted))


def wants_text(config: dict[str, Any], model: Model) -> bool:
    """Whether text is wanted beside the picture."""
    asked = set(config.get("responseModalities") or ("TEXT", "IMAGE")) - {"MODALITY_UNSPECIFIED"}
    if "IMAGE" not in asked or "AUDIO" in asked:
        raise invalid(
            f"The requested combination of response modalities ({', '.join(sorted(asked))}) is "
            f"not supported by the model. models/{model.id} accepts the following combination "
            "of response modalities:\n* IMAGE\n* IMAGE, TEXT\n"
        )
    return "TEXT" in asked


def check_cache(name: str | None) -> None:
    """No image model keeps cached contents, so none is ever found."""
    if name:
        raise GoogleError(403, "CachedContent not found (or permission denied)")
