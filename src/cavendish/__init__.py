"""Production image generation on Google's Gemini image models.

    from cavendish import Client

    with Client() as client:
        result = client.generate("a red fox in fresh snow", aspect_ratio="16:9")
        result.image.save("fox.png")

Names are loaded when they are first used: importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cavendish import errors as errors
    from cavendish.catalog.pricing import CostRange
    from cavendish.client.aio import AsyncClient
    from cavendish.client.blocking import Client
    from cavendish.client.budgets import Budget
    from cavendish.client.chats.chat import Chat
    from cavendish.client.image import Image
    from cavendish.client.references.ref import Ref
    from cavendish.client.result import Estimate, Infographic, Result
    from cavendish.client.settings import Settings
    from cavendish.core.errors import CavendishError
    from cavendish.core.model import Model
    from cavendish.core.money import Money
    from cavendish.core.result import Attempt, Usage
    from cavendish.insight.advise import Advice
    from cavendish.insight.doctor import Diagnosis
    from cavendish.insight.report import Report
    from cavendish.workflows.infographic.brief import Brief, Metric

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "AsyncClient",
    "Attempt",
    "Brief",
    "Budget",
    "CavendishError",
    "Chat",
    "Client",
    "CostRange",
    "Diagnosis",
    "Estimate",
    "Image",
    "Infographic",
    "Metric",
    "Model",
    "Money",
    "Ref",
    "Report",
    "Result",
    "Settings",
    "Usage",
    "__version__",
    "errors",
]

_HOME = {
    "Advice": "insight.advise",
    "AsyncClient": "client.aio",
    "Attempt": "core.result",
    "Brief": "workflows.infographic.brief",
    "Budget": "client.budgets",
    "CavendishError": "core.errors",
    "Chat": "client.chats.chat",
    "Client": "client.blocking",
    "CostRange": "catalog.pricing",
    "Diagnosis": "insight.doctor",
    "Estimate": "client.result",
    "Image": "client.image",
    "Infographic": "client.result",
    "Metric": "workflows.infographic.brief",
    "Model": "core.model",
    "Money": "core.money",
    "Ref": "client.references.ref",
    "Report": "insight.report",
    "Result": "client.result",
    "Settings": "client.settings",
    "Usage": "core.result",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("cavendish.errors")
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'cavendish' has no attribute {name!r}") from None
    return getattr(import_module(f"cavendish.{home}"), name)


def __dir__() -> list[str]:
    return __all__
