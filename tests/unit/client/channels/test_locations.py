"""The nearest location: what is measured, kept, forgotten, and asked in which order."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from cavendish import Client
from cavendish.client.channels import locations
from cavendish.client.channels.latencies import FRESH_NS, Latencies
from cavendish.client.house import House
from cavendish.client.settings import Settings
from cavendish.client.system import Disk
from cavendish.core import errors
from cavendish.core.money import ZERO
from cavendish.send.events import AttemptEnded
from unit.client.channels.test_vertex import OLD, PRO, cloud, draw, env

__all__ = ["cloud", "env"]
NEAR, FAR, SILENT = "http://near", "http://far", "http://silent"


class Clock:
    """Goes on as the answers take."""

    now, mono = 10**18, 0.0

    def now_ns(self):
        return self.now

    def monotonic_s(self):
        return self.mono


class Net:
    """Answers after as many seconds as an address takes, and counts who asks."""

    def __init__(self, clock, seconds):
        self.clock, self.seconds, self.asked = clock, seconds, []

    @asynccontextmanager
    async def get(self, url, *, headers, timeout_s):
        assert (headers, timeout_s) == ({}, 2.0)
        self.asked.append(url)
        seconds = next((s for name, s in self.seconds.items() if name in url), None)
        if seconds is None:
            raise errors.ConnectionFailed("nobody there", billed=False)
        self.clock.mono += seconds
        yield None

    async def close(self):
        pass


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def latencies(tmp_path, clock):
    return Latencies(tmp_path, Disk(), clock)


def seconds(latencies, net, *urls):
    found = asyncio.run(latencies.of(urls, net))
    return {url: found[url].seconds for url in urls}


def test_each_place_is_measured_once_a_day(latencies, clock):
    net = Net(clock, {"near": 0.1, "far": 0.4})
    expected = {NEAR: 0.1, FAR: 0.4, SILENT: None}
    assert seconds(latencies, net, NEAR, FAR, SILENT) == expected
    assert seconds(latencies, net, NEAR, FAR, SILENT) == expected
    assert len(net.asked) == 3
    clock.now += FRESH_NS
    assert seconds(latencies, net, NEAR) == {NEAR: 0.1}
    assert len(net.asked) == 4


def test_many_who_ask_at_once_measure_once(latencies, clock):
    net = Net(clock, {"near": 0.1})

    async def many():
        await asyncio.gather(*(latencies.of([NEAR], net) for _ in range(9)))

    asyncio.run(many())
    assert net.asked == [f"{NEAR}/"]


def test_a_place_that_never_answers_does_not_hold_up_the_others(latencies, clock, monkeypatch):
    monkeypatch.setattr("cavendish.client.channels.latencies.WITHIN_S", 0.05)

    class Hanging(Net):
        @asynccontextmanager
        async def get(self, url, *, headers, timeout_s):
            await asyncio.sleep(60 if "silent" in url else 0)
            self.clock.mono += 0.1
            yield None

    assert seconds(latencies, Hanging(clock, {}), SILENT, NEAR) == {SILENT: None, NEAR: 0.1}


def ended(channel, outcome):
    return AttemptEnded("a", channel, outcome, ZERO, None)


def test_a_call_that_never_got_there_has_its_place_measured_anew(latencies, clock):
    net = Net(clock, {"near": 0.1, "far": 0.4})
    seconds(latencies, net, NEAR, FAR)
    for event in (ended("vertex@near", "executed"), ended("vertex", "not_sent")):
        latencies.heed(event)
        assert set(latencies.known()) == {NEAR, FAR}
    latencies.heed(ended("vertex@near", "not_sent"))
    assert set(latencies.known()) == {FAR}


@pytest.mark.parametrize(
    "content", ["", "[", "[1]", '{"x": 1}', '{"x": ["a", 1]}', '{"x": [1.0, "a"]}', "\x00"]
)
def test_a_file_that_is_none_is_no_obstacle(latencies, tmp_path, clock, content):
    (tmp_path / "latencies.json").write_text(content)
    assert latencies.known() == {}
    assert seconds(latencies, Net(clock, {"near": 0.1}), NEAR) == {NEAR: 0.1}
    assert NEAR in json.loads((tmp_path / "latencies.json").read_text())


def test_a_home_that_cannot_be_written_is_no_obstacle(clock, tmp_path):
    (tmp_path / "file").write_text("")
    found = Latencies(tmp_path / "file", Disk(), clock)
    assert seconds(found, Net(clock, {"near": 0.1}), NEAR) == {NEAR: 0.1}


@pytest.fixture
def house(settings, monkeypatch, clock):
    """A house whose regions answer: three of them, us-west1 first."""
    house = House(settings)
    net = Net(clock, {"us-west1-": 0.02, "europe-west4-": 0.15, "us-central1-": 0.05})
    monkeypatch.setattr(House, "net", lambda _: net)
    monkeypatch.setattr(house.latencies, "_clock", clock)
    house.asked = net.asked
    return house


def test_the_nearest_is_first_and_who_did_not_answer_is_last(house):
    places = asyncio.run(locations.nearest(house, OLD))
    assert places.names[:3] == ("us-west1", "us-central1", "europe-west4")
    assert len(places.names) == len(house.asked) == 13
    assert places.why == "us-west1 is the nearest location, 0.02 s away"
    assert places.seconds["us-east1"] is None
    assert "https://us-west1-aiplatform.googleapis.com/" in house.asked


def test_without_measuring_nothing_is_sent(house):
    places = asyncio.run(locations.nearest(house, OLD, measure=False))
    assert (places.names[0], places.seconds, house.asked) == ("us-central1", {}, [])
    assert places.why == "no location has been measured yet, so they are asked as listed"
    asyncio.run(locations.nearest(house, OLD))
    assert asyncio.run(locations.nearest(house, OLD, measure=False)).names[0] == "us-west1"


def test_a_model_at_global_only_is_said_to_be(house):
    places = asyncio.run(locations.nearest(house, PRO))
    assert (places.names, house.asked) == (("global",), [])
    assert places.why == f"Vertex AI has {PRO} at global only"


def test_a_dry_run_measures_nothing_and_a_purchase_goes_on_to_the_next_region(cloud, env):
    with Client() as client:
        found = client.estimate("a fox", model=OLD, channel="vertex@nearest")
    names = [way.facts.name for way in found.call.ways]
    assert names == [f"vertex@{r}" for r in ("us-central1", "us-east1", "us-east4", "us-east5")]
    path = f"/v1/projects/p-1/locations/us-central1/publishers/google/models/{OLD}:generateContent"
    cloud.arm("overloaded", times=9, path=path)
    image = draw(model=OLD, size=None, channel="vertex@nearest").image
    assert image.channel == "vertex@us-east1"
    assert len(cloud.bought) == 1


def test_a_location_that_was_named_stays_alone(cloud, env):
    with Client() as client:
        call = client.estimate("a fox", model=OLD, channel="vertex@us-east4,vertex@nearest").call
        assert [way.facts.location for way in call.ways][:2] == ["us-east4", "us-central1"]
        assert len({way.facts.location for way in call.ways}) == len(call.ways)
        (only,) = client.estimate("a fox", model=OLD, channel="vertex@us-east4").call.ways
    assert only.facts.location == "us-east4"


def test_the_environment_may_say_nearest_and_pro_is_asked_at_global(cloud, env, monkeypatch):
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "nearest")
    result = draw(model=PRO)
    assert result.image.channel == "vertex"
    with Client() as client:
        found = client.estimate("a fox", model=PRO)
    assert f"Vertex AI has {PRO} at global only" in found.call.access.notices
    assert f"Vertex AI has {PRO} at global only" in (*found.notes, *found.warnings)


def test_an_address_may_hold_the_location(tmp_path, monkeypatch):
    names = {
        "HOME": str(tmp_path), "CAVENDISH_HOME": str(tmp_path), "GOOGLE_CLOUD_PROJECT": "p-1",
        "GOOGLE_VERTEX_BASE_URL": "http://127.0.0.1:9/{location}",
    }  # fmt: skip
    with Client(Settings.load(names)) as client:
        said = client.estimate("a fox", model=OLD, channel="vertex@us-east1").curl
    assert "http://127.0.0.1:9/us-east1/v1/projects/p-1/locations/us-east1/" in said


def test_a_chat_goes_to_the_nearest_and_a_probe_wants_a_name(cloud, env):
    with Client() as client:
        chat = client.chat()
        image = chat.send("a fox", model=OLD, channel="vertex@nearest").image
        assert image.channel == "vertex@us-central1"
        with pytest.raises(errors.InvalidRequest, match="a probe is of one channel"):
            client.channels.plan_probe("vertex@nearest", model=OLD)
