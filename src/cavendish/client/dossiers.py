"""A dossier gathered and written: facts and ledger in, Markdown or PDF out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

from cavendish.catalog.loader import DEFAULT_ASPECT_RATIO, find_channel, find_model
from cavendish.catalog.pricing import estimate
from cavendish.catalog.resolution import resolve
from cavendish.client.house import House
from cavendish.client.offline import fonts
from cavendish.client.output import new_file
from cavendish.core.errors import CavendishError, InvalidRequest, UnknownPrice
from cavendish.core.model import ChannelFacts, Model
from cavendish.core.money import Money
from cavendish.core.request import ImageRequest

if TYPE_CHECKING:
    from cavendish.insight.dossier.dossier import Dossier, Facts
    from cavendish.insight.dossier.history import History

ENDINGS: Final = {".md": "markdown", ".markdown": "markdown", ".pdf": "pdf"}
PAPERS: Final = ("a4", "letter")


class DossierOptions(TypedDict, total=False):
    """What may be said in a dossier. What is left out stays a visible blank.

    `rpm`, `rpd` and `images_per_month` are the limits asked for, `current_rpm` and `current_rpd`
    those of today, `tier` the usage tier ("1" to "3"). `growth` is per cent a month ("20%"),
    `needed_by` a day. `use_case`, `justification` and `data_note` are prose; `project` confines
    the figures to one project of the journal and names it.
    """

    rpm: int | None
    rpd: int | None
    images_per_month: int | None
    current_rpm: int | None
    current_rpd: int | None
    tier: str | None
    growth: str | None
    needed_by: str | None
    use_case: str | None
    justification: str | None
    data_note: str | None
    company: str | None
    contact: str | None
    project_number: str | None
    project: str | None


async def gathered(
    house: House, options: DossierOptions, *, model: str | None, size: str | None, channel: str
) -> Dossier:
    """The dossier of what is said and of what the journal shows; nothing is sent or written.

    Raises: InvalidRequest, UnknownModel, UnknownChannel, StorageError.
    """
    from cavendish.insight.dossier.ask import Ask
    from cavendish.insight.dossier.dossier import compose
    from cavendish.insight.dossier.paper import with_blanks
    from cavendish.insight.dossier.reading import history
    from cavendish.insight.dossier.tally import pacific_day
    from cavendish.insight.quota import Need

    house.check()
    now_ns = house.clock.now_ns()
    today, way = pacific_day(now_ns), _channel(house, channel)
    need = Need(options.get("rpm"), options.get("rpd"), options.get("images_per_month"))
    limits = {"rpm", "rpd", "images_per_month", "growth", "needed_by", "project"}
    ask = Ask.of(
        need, growth=options.get("growth"), needed_by=options.get("needed_by"), today=today,
        named=options.get("project"),
        **{name: value for name, value in options.items() if name not in limits},
    )  # fmt: skip
    warnings: list[str] = []
    asked = None if model is None else _resolved(house, model, way, warnings)
    journal = await house.journal()
    seen: History = await journal.read(
        partial(
            history, channel=way.name, now_ns=now_ns, project=ask.named,
            model=None if asked is None else asked.id,
        )
    )  # fmt: skip
    found = asked or _of_ledger(house, seen.model, way, warnings)
    return with_blanks(compose(ask, _facts(found, size, way), seen, today, *warnings))


async def written(found: Dossier, output: Path, paper: str) -> Dossier:
    """The dossier, with the files it was written to: `output`, and plots in a folder beside it.

    Raises: UsageError where a PDF needs what is not installed, StorageError.
    """
    from cavendish.insight.dossier.markdown import markdown
    from cavendish.insight.dossier.paper import document

    shown = document(found)
    lost: tuple[str, ...] = ()
    if ENDINGS[output.suffix.lower()] == "pdf":
        from cavendish.insight.dossier.typeset import pdf

        content, lost = await asyncio.to_thread(partial(pdf, shown, paper=paper, fonts=fonts()))
        contents = [(output, content)]
    else:
        folder = output.with_name(f"{output.stem}.assets")
        contents = [(folder / f"{one.name}.svg", one.svg.encode()) for one in shown.figures]
        contents.append((output, markdown(shown, folder.name).encode()))
    await asyncio.to_thread(_write, contents)
    files = tuple(path for path, _ in reversed(contents))
    return replace(found, files=files, warnings=(*found.warnings, *lost))


def check_paper(output: str | Path, paper: str) -> Path:
    """Where it goes, if it can be a dossier. Raises: InvalidRequest naming the field."""
    path = Path(output)
    if path.suffix.lower() not in ENDINGS or path.is_dir():
        raise InvalidRequest("output", f"{path.name!r} is no dossier", accepts="FILE.md, FILE.pdf")
    if paper not in PAPERS:
        raise InvalidRequest("paper", f"there is no paper {paper!r}", accepts=PAPERS)
    return path


def _write(contents: list[tuple[Path, bytes]]) -> None:
    for path, content in contents:
        with new_file(path) as file:
            file.write(content)


def _channel(house: House, name: str) -> ChannelFacts:
    from cavendish.catalog.increases import desks

    found = find_channel(name, house.settings.channels)
    if found.name not in desks():
        raise InvalidRequest(
            "channel", f"{found.name} sets its own limits: ask it", accepts=tuple(desks())
        )
    return found


def _resolved(house: House, name: str, way: ChannelFacts, warnings: list[str]) -> Model:
    resolved = resolve(name, way, house.today())
    warnings += [resolved.notice] if resolved.notice else []
    return resolved.model


def _of_ledger(house: House, name: str | None, way: ChannelFacts, warnings: list[str]) -> Model:
    """The model the ledger has most of; that of the settings where it has none."""
    if name is not None:
        try:
            found = find_model(name)
        except CavendishError:  # an older catalogue knew it
            return _resolved(house, name, way, warnings)
        if way.surface in found.sheets:
            return found
    return _resolved(house, house.settings.model_or(None), way, warnings)


def _facts(model: Model, size: str | None, way: ChannelFacts) -> Facts:
    from cavendish import __version__
    from cavendish.catalog.increases import desks, enterprise
    from cavendish.catalog.tiers import TODAY, tier_lists
    from cavendish.insight.dossier.dossier import Facts

    size = size or model.default_size(way.surface)
    if size not in model.sizes:
        raise InvalidRequest("size", f"{model.id} does not draw {size!r}", accepts=model.sizes)
    thinking = model.least_thinking
    request = ImageRequest(model.id, "", size, DEFAULT_ASPECT_RATIO, thinking=thinking)
    sheet = model.sheets[way.surface]
    return Facts(
        surface=way.surface,
        channel=way.name,
        model=model,
        size=size,
        each=estimate(request, model, surface=way.surface),
        batch=_in_a_job(request, model, way),
        image_tokens=sheet.image_tokens.get(size),
        desk=desks()[way.name],
        enterprise=enterprise(),
        tiers=tier_lists()[TODAY] if way.surface == "gemini" else None,
        version=__version__,
    )


def _in_a_job(request: ImageRequest, model: Model, way: ChannelFacts) -> Money | None:
    try:
        return estimate(replace(request, tier="batch"), model, surface=way.surface).expected
    except UnknownPrice:
        return None
