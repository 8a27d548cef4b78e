"""Whatever is asked for keeps its meaning on another channel, or is warned of, or is refused."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.loader import channels, find_channel, models
from cavendish.core.errors import InvalidRequest, UnknownPrice
from cavendish.core.request import ImageRequest, Reference
from cavendish.send.route import refit
from cavendish.wire.dialect import carried, dialect

PLAIN = ImageRequest("", "", "", "")
NAMES = [field.name for field in fields(ImageRequest)]
SAME_PICTURE_WITHOUT = {"temperature", "seed", "thinking", "thoughts", "tier"}
DEAF = replace(
    find_channel("laozhang"), name="deaf", drops=frozenset({"seed", "temperature", "references"})
)
FOUND = [
    *channels().values(), find_channel("vertex@us-central1"), find_channel("vertex@eu"), DEAF,
]  # fmt: skip
CHANNELS = [  # as they are with a key and without a project
    one if one.locations is None else replace(one, path=one.locations.keyed_path) for one in FOUND
]
PICTURES = (Reference("image/png", b"\x89PNG-1"), Reference("image/jpeg", b"\xff\xd8\xff-2"))
HARM = (("harassment", "none"),)


@st.composite
def requests(draw):
    """Any cell of any model, with anything that the model takes."""
    model = draw(st.sampled_from(list(models().values())))
    size = draw(st.sampled_from(model.sizes))
    warm = st.none() if model.temperature is None else st.floats(*model.temperature)
    return ImageRequest(
        model.id,
        draw(st.text(min_size=1, max_size=20)),
        size,
        draw(st.sampled_from(list(model.pixels[size]))),
        references=PICTURES[: draw(st.integers(0, 2))],
        text=draw(st.booleans()),
        temperature=draw(warm),
        seed=draw(st.none() | st.integers(0, 2**31 - 1)) if model.seed else None,
        thinking=draw(st.sampled_from([None, *model.thinking_levels])),
        thoughts=draw(st.booleans()) and model.thinks,
        search=draw(st.sampled_from([(), (), (), model.grounding.searches])),
        safety=draw(st.sampled_from([(), (), (), HARM])),
        tier=draw(st.sampled_from(["standard", "standard", "flex", "priority"])),
    )


def altered(request, fitted):
    return [name for name in NAMES if getattr(request, name) != getattr(fitted, name)]


@pytest.mark.parametrize("facts", CHANNELS, ids=lambda facts: facts.name)
@given(request=requests(), filled=st.sampled_from([(), ("thinking",)]))
def test_a_request_keeps_its_meaning_on_every_channel_or_warns(facts, request, filled):
    """Nothing is left out in silence, nothing is left out that could be said, and what is left is
    written without a refusal."""
    model = facts.priced(models()[request.model])
    told = carried(facts)
    try:
        fitted, changes = refit(request, model, facts, filled)
    except UnknownPrice:
        assert facts.surface not in model.sheets
        return
    except InvalidRequest as error:
        assert error.field not in SAME_PICTURE_WITHOUT | told
        assert getattr(request, error.field) != getattr(PLAIN, error.field)
        return
    assert fitted.tier in model.sheets[facts.surface].tier_names
    left_out = altered(request, fitted)
    assert set(left_out) <= SAME_PICTURE_WITHOUT
    for name in left_out:
        assert getattr(fitted, name) == getattr(PLAIN, name)
        unpriced = name == "tier" and request.tier not in model.sheets[facts.surface].tier_names
        assert name not in told or unpriced
    said = {name: f"{facts.name} takes no {name}, so it goes without " for name in left_out}
    warned = [name for name in left_out if name not in filled]
    assert len(changes) == len(warned)
    for name in warned:
        assert [one.startswith(said[name]) for one in changes].count(True) == 1
        assert any(one.endswith(repr(getattr(request, name))) for one in changes)
    message = dialect(facts.dialect).encode(fitted, model, facts, request.model)
    assert message.body


@pytest.mark.parametrize("facts", CHANNELS, ids=lambda facts: facts.name)
def test_a_plain_request_goes_everywhere_unchanged_where_it_is_sold(facts):
    for model in (facts.priced(one) for one in models().values()):
        for size, cells in model.pixels.items():
            for ratio in cells:
                request = ImageRequest(model.id, "a fox", size, ratio)
                if facts.surface in model.sheets:
                    assert refit(request, model, facts) == (request, ())
                else:
                    with pytest.raises(UnknownPrice):
                        refit(request, model, facts)


def test_a_channel_that_hears_no_references_is_no_alternative():
    model = DEAF.priced(models()["gemini-3-pro-image"])
    request = ImageRequest(model.id, "a fox", "1K", "1:1", references=PICTURES, seed=4)
    with pytest.raises(InvalidRequest) as caught:
        refit(request, model, DEAF)
    assert caught.value.field == "references"
    fitted, changes = refit(replace(request, references=()), model, DEAF)
    assert (fitted.seed, changes) == (None, ("deaf takes no seed, so it goes without 4",))
