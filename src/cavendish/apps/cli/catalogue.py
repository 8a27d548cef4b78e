"""models and emulator."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cavendish.apps.cli.flags import SAY, WHOLE, SayFlags

models = App(name="models", help="The models, with pixels, prices and limits.")


@models.command(name="list")
def list_(*, say: SayFlags = SAY) -> int:
    """Every model in short."""
    from cavendish.apps.cli import door, model_words
    from cavendish.client.models import Models, to_json
    from cavendish.client.system import SystemClock, day

    found, today = Models().list(), day(SystemClock())
    if say.json:
        door.document({"models": [to_json(model, today) for model in found]})
    else:
        model_words.models(found, today)
    return 0


@models.command
def show(name: str, /, *, say: SayFlags = SAY) -> int:
    """One model's facts, with their sources.

    Parameters
    ----------
    name
        Id or alias; a retired id shows what is asked in its place.
    """
    from cavendish.apps.cli import door, model_words
    from cavendish.client.models import Models, to_json
    from cavendish.client.system import SystemClock, day
    from cavendish.core.errors import CavendishError

    try:
        found, today = Models().resolve(name), day(SystemClock())
    except CavendishError as error:
        return door.fail(error, as_json=say.json)
    if say.json:
        door.document(to_json(found.model, today, found.notice))
    else:
        model_words.model(found.model, today, found.notice)
    return 0


def emulator(
    *,
    port: Annotated[int, Parameter("--port"), WHOLE] = 8788,
    faults: Annotated[Path | None, Parameter("--faults")] = None,
    quotas: Annotated[Path | None, Parameter("--quotas")] = None,
    vices: Annotated[Path | None, Parameter("--vices")] = None,
    require_key: Annotated[str | None, Parameter("--require-key")] = None,
) -> int:
    """Run the offline emulator on its own, for other programs to use.

    Parameters
    ----------
    port
        Loopback port; 0 picks a free one.
    faults
        JSON file with faults to begin with.
    quotas
        JSON file with quotas that refuse.
    vices
        JSON file with the vices of its relay.
    require_key
        Refuse every other API key as the service would.
    """
    from cavendish.client.offline import command

    arguments = ["--port", str(port)]
    files = (("faults", faults), ("quotas", quotas), ("vices", vices))
    for name, value in (*files, ("require-key", require_key)):
        if value is not None:
            arguments += [f"--{name}", str(value)]
    line = command(arguments)
    os.execv(line[0], line)  # noqa: S606 - our own interpreter, no shell
