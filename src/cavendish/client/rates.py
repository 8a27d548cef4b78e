"""What a third party costs in a plan: as said, as it lists it, or as a dated list has it."""

from __future__ import annotations

from collections.abc import Iterator

from cavendish.catalog import presets
from cavendish.client.house import House
from cavendish.client.money import money
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Model
from cavendish.core.money import Money


def beside(house: House, name: str, usd: Money, model: Model) -> Iterator[str]:
    """What to know of a third party at a rate: what it lists, and what it does with sizes."""
    facts = house.settings.channels.get(name)
    if facts is None:
        yield f"{name} is in no catalogue here: it has the price that was said"
        return
    listed = facts.per_call.get(model.id)
    if listed is not None and listed != usd:
        yield f"{name} itself lists {listed} a call for {model.id} ({facts.checked}), not {usd}"
    for vice in facts.vices:
        if "size" in vice:
            yield f"{name} {vice}"


def rate(
    house: House, name: str, usd: str | int | Money | None, model: Model, prices: str
) -> Money:
    """A third party's price per call: as said, else as the list in use or its own facts have it.

    Raises: InvalidRequest.
    """
    facts = house.settings.channels.get(name)
    if facts is not None and not facts.third_party:
        why = f"{name} has its own prices and no rate"
        raise InvalidRequest("rate", why, accepts="a third party, such as laozhang=0.05")
    if usd is not None:
        return money("rate", usd)
    if facts is not None and model.id in facts.per_call:
        dated = presets.flat_prices().get(prices)
        return facts.per_call[model.id] if dated is None else dated
    why = f"no price of {name} is known for {model.id}"
    raise InvalidRequest("rate", why, accepts=f"{name}=USD, what a call costs there")
