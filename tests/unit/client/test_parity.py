"""The blocking client is the asynchronous one, method by method."""

from __future__ import annotations

import inspect

import pytest

from cavendish import AsyncClient, Client
from cavendish.client.blocking import (
    BlockingBudgets,
    BlockingCache,
    BlockingChannels,
    BlockingChat,
    BlockingQuota,
)
from cavendish.client.budgets import Budgets
from cavendish.client.cache import Cache
from cavendish.client.calls.options import CallOptions, RequestOptions
from cavendish.client.channels.desk import Channels
from cavendish.client.channels.evaluation import EvaluationOptions
from cavendish.client.chats.chat import Chat
from cavendish.client.quota import Quota

PAIRS = [
    (AsyncClient, Client),
    (Budgets, BlockingBudgets),
    (Cache, BlockingCache),
    (Channels, BlockingChannels),
    (Chat, BlockingChat),
    (Quota, BlockingQuota),
]


def face_of(signature):
    """What a blocking method says, with the twin where it gives a face of it."""
    gives = signature.return_annotation
    if not isinstance(gives, str):
        return signature
    return signature.replace(return_annotation=gives.removeprefix("Blocking"))


def public(kind):
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(("twin", "face"), PAIRS)
def test_both_have_the_same_names(twin, face):
    assert public(twin) == public(face)


@pytest.mark.parametrize(
    ("twin", "face", "name"),
    [(twin, face, name) for twin, face in PAIRS for name in sorted(public(face))],
)
def test_each_takes_and_says_the_same(twin, face, name):
    theirs, ours = inspect.getattr_static(twin, name), inspect.getattr_static(face, name)
    assert inspect.getdoc(ours) == inspect.getdoc(theirs)
    assert inspect.getdoc(ours)
    if callable(theirs):
        assert face_of(inspect.signature(ours)) == inspect.signature(theirs)


def test_both_know_their_settings(settings):
    with Client(settings) as client:
        assert client.settings == settings


def test_both_are_made_alike():
    assert inspect.signature(Client) == inspect.signature(AsyncClient)
    for name in ("__enter__", "__exit__"):
        assert hasattr(Client, name)
        assert hasattr(AsyncClient, name.replace("__", "__a", 1))


def keywords(method):
    parameters = inspect.signature(method).parameters.values()
    return {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}


def options(method):
    """The name of the typed options a method takes further on."""
    return inspect.signature(method).parameters["options"].annotation


def test_options_of_one_call_are_options_of_the_other():
    own = {"size", "aspect_ratio"}
    request, call = set(RequestOptions.__annotations__), set(CallOptions.__annotations__)
    assert keywords(AsyncClient.estimate) == own | {"prices"}
    assert keywords(AsyncClient.generate) == request | call | own | {"output", "title"}
    assert keywords(AsyncClient.infographic) == own | {"output"}
    assert keywords(AsyncClient.estimate_infographic) == own
    assert keywords(Chat.send) == own | {"output", "title", "flatten"}
    assert keywords(Chat.estimate) == own | {"flatten"}
    assert options(Chat.send) == "Unpack[CallOptions]"
    for method in (AsyncClient.estimate, AsyncClient.estimate_infographic, Chat.estimate):
        assert options(method) == "Unpack[RequestOptions]"
    assert options(AsyncClient.infographic) == "Unpack[CallOptions]"


def test_a_plan_is_told_what_the_evaluation_is_told():
    assert keywords(Channels.evaluate) == set(EvaluationOptions.__annotations__)
    assert options(Channels.plan_evaluation) == "Unpack[EvaluationOptions]"
