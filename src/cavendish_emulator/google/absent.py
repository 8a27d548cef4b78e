"""What the service has and the emulator has not: said plainly, where a 404 would puzzle.

Resources: https://ai.google.dev/api and https://docs.cloud.google.com/vertex-ai/docs/reference/rest,
checked 2026-11-25.
"""

from __future__ import annotations

import re

from cavendish_emulator.google.errors import GoogleError

_PROJECT = r"/(?:v1|v1beta1)/projects/[^/]+/locations/[^/]+/"
_API = r"/(?:v1|v1beta|v1alpha)/"
_ABSENT = (
    (_API + r"(?:batches\b.*|models/[^/]+:batchGenerateContent)", "batches"),
    (_PROJECT + r"batchPredictionJobs\b.*", "batches"),
    (f"(?:{_API}|{_PROJECT})" + r"cachedContents\b.*", "cached contents"),
    (_API + r"interactions\b.*", "interactions"),
    (_API + r"tunedModels\b.*", "tuned models"),
    (_PROJECT + r"(?:tuningJobs|models)\b.*", "tuned models"),
    (_API + r"fileSearchStores\b.*", "file search"),
    (_API + r"openai/.*", "OpenAI shape here; it stands under /v1"),
    (_API + r"files(?::register|/[^/]+:download)", "registered or generated files"),
)


def absent(path: str) -> GoogleError | None:
    """The 501 for a path of the service that the emulator does not answer; else nothing."""
    for pattern, what in _ABSENT:
        if re.fullmatch(pattern, path):
            return GoogleError(
                501,
                f"The Cavendish emulator has no {what}. It has models, generateContent, "
                "streamGenerateContent, countTokens and files.",
            )
    return None
