"""Old names: what is asked in their place, on which day, on which channel, and what is said."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest

from cavendish.catalog.loader import channels, find_channel, models
from cavendish.catalog.resolution import Resolved, resolve, retired, successor
from cavendish.core.errors import UnknownModel

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
NB2, LITE = "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image"
OLD = "gemini-2.5-flash-image"
GEMINI, OFFLINE = find_channel("gemini"), find_channel("offline")
VERTEX = dataclasses.replace(GEMINI, name="vertex", title="Vertex AI", surface="vertex")
RELAY = dataclasses.replace(
    GEMINI, name="relay", title="A relay", surface="relay",
    ids={PRO: "google/gemini-3-pro-image", OLD: "google/nano-banana"},
    accepts=("gemini-3-pro-image-preview", "gemini-2.5-flash-image-preview"),
)  # fmt: skip
TODAY = date(2026, 11, 24)
SUMMER = date(2026, 7, 1)


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_a_living_model_answers_to_its_id_and_aliases_and_nothing_is_said(model):
    for name in (model.id, *model.aliases):
        found = resolve(name, GEMINI, date(2026, 9, 1))
        assert found == Resolved(model, model.id)


# name, what is asked in July 2026, what is asked in November 2026, when it was shut down
OLD_NAMES = [
    ("gemini-3-pro-image-preview", PRO, PRO, " on 2026-06-25"),
    ("gemini-3.1-flash-image-preview", NB2, FLASH, " on 2026-06-25"),
    ("gemini-2.5-flash-image-preview", OLD, FLASH, " on 2026-01-15"),
    ("gemini-2.0-flash-preview-image-generation", OLD, FLASH, ""),
    ("gemini-2.0-flash-exp-image-generation", OLD, FLASH, ""),
    ("imagen-4.0-generate-001", FLASH, FLASH, " on 2026-08-17"),
    ("imagen-4.0-ultra-generate-001", FLASH, FLASH, " on 2026-08-17"),
    ("imagen-4.0-fast-generate-001", FLASH, FLASH, " on 2026-08-17"),
    ("imagen-3.0-generate-002", FLASH, FLASH, " on 2026-08-17"),
]


def test_every_retired_id_is_tested_here():
    assert list(retired()) == [name for name, *_ in OLD_NAMES]


@pytest.mark.parametrize(("name", "july", "november", "when"), OLD_NAMES)
def test_a_retired_id_is_its_living_successor_and_the_caller_is_told(name, july, november, when):
    for today, asked in ((SUMMER, july), (TODAY, november)):
        for channel in (GEMINI, OFFLINE):
            found = resolve(name, channel, today)
            assert (found.model.id, found.wire_id) == (asked, asked)
            assert found.notice == f"{name} was shut down{when}; {asked} is asked instead"
            assert (found.doubtful, found.heir) == (False, None)


def test_the_day_is_that_of_the_channels_surface():
    name = "gemini-3.1-flash-image-preview"
    assert "shut down on 2026-07-17;" in resolve(name, VERTEX, TODAY).notice
    assert resolve(name, VERTEX, TODAY).model.id == NB2, "on Vertex AI it lives until 2027"
    assert "was shut down; " in resolve("gemini-3-pro-image-preview", VERTEX, TODAY).notice


def test_a_channel_that_accepts_a_retired_id_is_asked_as_it_was_said():
    found = resolve("gemini-3-pro-image-preview", RELAY, TODAY)
    assert (found.model.id, found.wire_id) == (PRO, "gemini-3-pro-image-preview")
    assert found.notice == (
        "gemini-3-pro-image-preview was shut down by Google; A relay takes it still"
    )
    # It is that old model which draws, so its pixels are those of the model right after it.
    direct = dataclasses.replace(RELAY, surface="gemini")
    found = resolve("gemini-2.5-flash-image-preview", direct, TODAY)
    assert (found.model.id, found.wire_id) == (OLD, "gemini-2.5-flash-image-preview")


def test_a_channel_may_have_names_of_its_own():
    assert resolve("nano-banana-pro", RELAY, TODAY).wire_id == "google/gemini-3-pro-image"
    assert resolve("nano-banana", RELAY, TODAY) == Resolved(models()[OLD], "google/nano-banana")
    assert resolve(FLASH, RELAY, TODAY).wire_id == FLASH
    named = dataclasses.replace(RELAY, accepts=())
    found = resolve("gemini-3-pro-image-preview", named, TODAY)
    assert found.wire_id == "google/gemini-3-pro-image"


@pytest.mark.parametrize(
    ("name", "channel", "end", "heir"),
    [
        (NB2, GEMINI, date(2026, 10, 29), FLASH),
        (OLD, GEMINI, date(2026, 10, 2), FLASH),
        (OLD, VERTEX, date(2026, 10, 2), FLASH),
        (NB2, VERTEX, date(2027, 5, 28), FLASH),
    ],
)
def test_a_model_past_its_end_is_asked_still_but_doubted(name, channel, end, heir):
    before = resolve(name, channel, end - timedelta(days=1))
    assert (before.notice, before.doubtful, before.heir) == (None, False, None)
    for day in (end, end + timedelta(days=400)):
        found = resolve(name, channel, day)
        assert (found.model.id, found.wire_id) == (name, name)
        assert found.notice == f"{name}: its announced end was {end}; {heir} follows it"
        assert (found.doubtful, found.heir) == (True, heir)


def test_offline_a_model_past_its_end_is_drawn_without_doubt():
    found = resolve("nano-banana-2", OFFLINE, TODAY)
    assert (found.model.id, found.doubtful, found.heir) == (NB2, False, None)
    assert found.notice == f"{NB2}: its announced end was 2026-10-29; {FLASH} follows it"


def test_an_end_without_a_successor_is_told_and_nothing_is_doubted():
    found = resolve(PRO, VERTEX, date(2027, 5, 28))
    assert (found.model.id, found.doubtful) == (PRO, False)
    assert found.notice == f"{PRO}: its announced end was 2027-05-28"


def test_the_line_of_successors_ends_with_a_model_that_lives():
    for today in (SUMMER, TODAY, date(2031, 1, 1)):
        for name in models():
            last = successor(name, "gemini", today)
            assert not last.lifecycle.ended("gemini", today)


def test_every_successor_is_in_the_catalogue_and_no_line_is_a_ring():
    for model in models().values():
        seen = {model.id}
        while model.lifecycle.successor:
            model = models()[model.lifecycle.successor]
            assert model.id not in seen
            seen.add(model.id)
    assert {old.successor for old in retired().values()} <= set(models())
    assert not set(retired()) & {n for m in models().values() for n in (m.id, *m.aliases)}
    for channel in channels().values():
        assert set(channel.ids) <= set(models())
        assert set(channel.accepts) <= set(retired())


@pytest.mark.parametrize("name", ["imagen-4", "gemini-3-pro-image-previewx", "", "preview"])
def test_what_never_was_is_unknown(name):
    with pytest.raises(UnknownModel):
        resolve(name, GEMINI, TODAY)
