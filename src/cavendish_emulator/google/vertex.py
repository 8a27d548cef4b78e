"""What differs on Vertex AI: paths, mandatory roles, tiers in headers, the kind of traffic.

Differences: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference,
checked 2026-11-24.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from cavendish_emulator.catalog import Model
from cavendish_emulator.google.answer import Answer
from cavendish_emulator.google.errors import UNFETCHED, GoogleError, invalid
from cavendish_emulator.google.request import parse

VERTEX, REGIONAL = "vertex", "vertex-regional"
_TAIL = "publishers/google/models/{model:[^:/]+}:{method}"
PATHS = (
    "/{version:v1|v1beta1}/projects/{project}/locations/{location}/" + _TAIL,
    "/{version:v1|v1beta1}/" + _TAIL,
)
LIST_PATH = "/{version:v1|v1beta1}/publishers/google/models"
LOOK_PATH = LIST_PATH + "/{model:[^:/]+}"
UNSAID = ("X-Gemini-Service-Tier", "Server-Timing")
"""Headers that only the Gemini API sends, as recorded in August 2026."""
_HEADER = "X-Vertex-AI-LLM-Shared-Request-Type"
_OWN = ("labels", "modelArmorConfig")
_OWN_OF_IMAGE = ("personGeneration", "prominentPeople", "imageOutputOptions")
_TRAFFIC = {"flex": "ON_DEMAND_FLEX", "priority": "ON_DEMAND_PRIORITY"}


def is_vertex(request: web.Request) -> bool:
    """Whether a request came by one of Vertex AI's paths."""
    return "/publishers/google/models" in request.path


def surface(request: web.Request) -> str:
    """Whose prices hold: those of the Gemini API, of Vertex AI, or of its regions."""
    if not is_vertex(request):
        return "gemini"
    return VERTEX if request.match_info.get("location", "global") == "global" else REGIONAL


def unknown(request: web.Request) -> GoogleError:
    """The 404 of a model that is not there, or not at this location."""
    said = request.match_info
    project, location = said.get("project", "express"), said.get("location", "global")
    name = f"projects/{project}/locations/{location}/publishers/google/models/{said['model']}"
    return GoogleError(
        404,
        f"Publisher Model `{name}` was not found or your project does not have access to it. "
        "Please ensure you are using a valid model version.",
        [],
    )


def no_file(uri: str) -> bytes:
    """There is no Files API, and the emulator reads no bucket. Raises: GoogleError.

    Words: https://github.com/googleapis/js-genai/issues/666, checked 2026-11-25.
    """
    if uri.startswith("gs://"):
        raise GoogleError(403, "Permission denied while accessing input file.")
    raise invalid(UNFETCHED)


def translated(raw: bytes, headers: Mapping[str, str]) -> bytes:
    """A body of Vertex AI as the Gemini API would take it. Raises: GoogleError.

    The pages ask for a tier by header; the google-genai SDK (3.6) writes it into the body here too.
    """
    body = parse(raw)
    if not isinstance(body, dict):
        return raw
    contents = body.get("contents")
    for content in contents if isinstance(contents, list) else [contents]:
        if isinstance(content, dict) and content.get("role") not in {"user", "model"}:
            raise invalid("Please use a valid role: user, model.")
    kept = {name: value for name, value in body.items() if name not in _OWN}
    config = kept.get("generationConfig")
    image = config.get("imageConfig") if isinstance(config, dict) else None
    if isinstance(config, dict) and isinstance(image, dict):
        plain = {name: value for name, value in image.items() if name not in _OWN_OF_IMAGE}
        kept["generationConfig"] = {**config, "imageConfig": plain}
    if tier := headers.get(_HEADER):
        kept.pop("service_tier", None)
        kept["serviceTier"] = tier
    return json.dumps(kept).encode()


def given(answer: Answer, tier: str, now: datetime) -> None:
    """Makes of an answer what Vertex AI would have sent."""
    body: Any = answer.body
    if not isinstance(body, dict):
        return
    usage = body.get("usageMetadata")
    if isinstance(usage, dict) and usage.pop("serviceTier", None) is not None:
        usage["trafficType"] = _TRAFFIC.get(tier, "ON_DEMAND")
    candidates = body.get("candidates")
    for candidate in candidates if isinstance(candidates, list) else []:
        if isinstance(candidate, dict):
            candidate.pop("index", None)
    body["createTime"] = now.isoformat().replace("+00:00", "Z")
    if "responseId" in body:  # last, as recorded
        body["responseId"] = body.pop("responseId")


def names(model: Model) -> dict[str, Any]:
    """PublisherModel, as far as it says that the model is there."""
    return {
        "name": f"publishers/google/models/{model.id}",
        "versionId": "default",
        "launchStage": "GA",
        "publisherModelTemplate": f"projects/{{p}}/locations/{{l}}/publishers/google/models/"
        f"{model.id}",
    }
