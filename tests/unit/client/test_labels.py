"""Names of projects and tags: plain text, refused before anything is opened."""

from __future__ import annotations

import pytest

from cavendish import Client
from cavendish.errors import InvalidRequest


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[2J", "\ud800", "x" * 101, 7, None])
def test_a_tag_that_is_no_name(name):
    with Client() as client, pytest.raises(InvalidRequest, match="tag"):
        client.generate("a fox", channel="offline", tags={"team": name})


@pytest.mark.parametrize("name", ["", "a\tb", "\udcff", "x" * 101])
def test_a_project_that_is_no_name(name):
    with Client() as client, pytest.raises(InvalidRequest, match="project"):
        client.generate("a fox", channel="offline", project=name)


def test_names_in_any_script():
    with Client() as client:
        client.generate("a fox", size="1K", channel="offline", project="Füchse 狐", tags={"a": "ü"})
        assert [line.group for line in client.report("project").lines] == ["Füchse 狐"]
        assert [line.group for line in client.report("tag").lines] == ["a=ü"]
