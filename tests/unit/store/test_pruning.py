"""What is removed: decided over what is known."""

from __future__ import annotations

import pytest

from cavendish.store.pruning import LEFT_OVER_NS, KeptAnswer, pruning
from cavendish.store.shelf import Lying

DAY = LEFT_OVER_NS
NOW = 1_000 * DAY
MB = 10**6


def answer(name, days, *digests, used=None, turn=False):
    """One that came `days` ago and was last got `used` days ago."""
    done, got = NOW - int(days * DAY), NOW - int((days if used is None else used) * DAY)
    return KeptAnswer(name, "a", done, got, digests or (name,), turn)


def lying(**days):
    return {name: Lying(MB, NOW - int(ago * DAY)) for name, ago in days.items()}


def prune(answers, files, needed=(), *, older=None, most=None):
    before = None if older is None else NOW - int(older * DAY)
    found = pruning(answers, files, needed, now_ns=NOW, before_ns=before, most_bytes=most)
    return [one.key for one in found.answers], set(found.files), found.left_bytes // MB


def test_by_age_counts_when_it_was_last_got():
    answers = [answer("a", 40), answer("b", 40, used=3), answer("c", 2)]
    files = lying(a=40, b=40, c=2)
    assert prune(answers, files, older=30) == (["a"], {"a"}, 2)
    assert prune(answers, files) == ([], set(), 3)


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_by_size_the_one_used_longest_ago_goes_first(most):
    answers = [answer("a", 3), answer("b", 40, used=1), answer("c", 2)]
    going, gone, left = prune(answers, lying(a=3, b=40, c=2), most=most * MB)
    assert going == ["a", "c", "b"][: 3 - most]
    assert (gone, left) == (set(going), most)


def test_a_file_goes_with_the_last_answer_that_names_it():
    answers = [answer("a", 40, "same"), answer("b", 3, "same", "other")]
    files = lying(same=40, other=3)
    assert prune(answers, files, older=30) == (["a"], set(), 2)
    assert prune(answers, files, older=2) == (["a", "b"], {"same", "other"}, 0)


def test_what_a_chat_names_stays_and_so_does_its_answer():
    answers = [answer("a", 40, "mine", "turn"), answer("b", 40)]
    files = lying(mine=40, turn=40, b=40, ref=40)
    assert prune(answers, files, {"mine", "ref"}, older=0, most=0) == (["b"], {"b"}, 3)


def test_a_chat_that_does_not_name_its_answer_yet_may_be_about_to():
    assert prune([answer("a", 0.1, turn=True)], lying(a=0.1), most=0) == ([], set(), 1)
    assert prune([answer("a", 1.1, turn=True)], lying(a=1.1), most=0) == (["a"], {"a"}, 0)


def test_what_nothing_names_goes_after_a_day():
    assert prune([], lying(old=1.1, new=0.9)) == ([], {"old"}, 1)


def test_a_file_that_was_named_again_after_its_answer_came_stays_for_a_day():
    """What is decided here is until when it may have been touched; `Shelf.take` looks."""
    found = pruning([answer("a", 0.5), answer("b", 9)], lying(a=0.5, b=9), (), now_ns=NOW,
                    before_ns=NOW, most_bytes=None)  # fmt: skip
    until = {name: (NOW - until_ns) / DAY for name, until_ns in found.files.items()}
    assert until["a"] == pytest.approx(0.5, abs=0.001)
    assert until["b"] == 1


def test_an_answer_whose_file_is_gone_is_forgotten_too():
    assert prune([answer("a", 40)], {}, older=30) == (["a"], set(), 0)
