"""Who sells a call, by its path: Google, somebody OpenAI-shaped, OpenRouter, or a relay."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from cavendish_emulator.catalog import Model
from cavendish_emulator.control import Control
from cavendish_emulator.relays.dialects import OPENROUTER, PREFIX, dialect_of
from cavendish_emulator.sale import Sale

NATIVE_PATH = PREFIX + "/{version:v1|v1beta}/models/{model:[^:/]+}:{method}"
LIST_PATH = PREFIX + "/{version:v1beta}/models"  # under v1 it is OpenAI's
_DEAD = "answers_dead_ids"


def is_relay(path: str) -> bool:
    """Whether a path is the relay's, which has the vices it was given."""
    return path.startswith(PREFIX + "/")


def sale(request: web.Request, model: Model, control: Control, wanted: str) -> Sale:
    """The sale of a call of `model`, asked for as `wanted`."""
    if not is_relay(request.path):
        dialect = dialect_of(request)
        google = model.surface.partition("-")[0]
        return Sale(dialect.name if dialect else google, wanted)
    seen = {"model": model.id, "path": request.path, "n": control.requests + 1, "prompt": ""}
    habits = tuple(habit for habit in control.vices.armed if habit.meets(seen))
    return Sale("relay", wanted, habits)


def stand_in(
    request: web.Request, name: str, models: Mapping[str, Model], control: Control
) -> Model | None:
    """The model that answers for an id that is none, where the seller has this vice."""
    dialect = dialect_of(request)
    if dialect is None or dialect is OPENROUTER:
        return None
    seen = {"model": name, "path": request.path, "n": control.requests + 1, "prompt": ""}
    habits = control.vices.armed if is_relay(request.path) else []
    vice = next((h for h in habits if h.name == _DEAD and h.meets(seen)), None)
    vice = vice or control.faults.take_named(_DEAD, seen)
    return models.get(vice.args["model"]) if vice else None
