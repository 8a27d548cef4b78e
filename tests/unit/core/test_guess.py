"""A slip of the finger is answered with the name that was meant."""

from __future__ import annotations

from cavendish.core.guess import did_you_mean


def test_the_nearest_name_is_asked_for():
    assert did_you_mean("modle", ["model", "project"]) == "did you mean model? "
    assert did_you_mean("hedaer", ["header"], inside="auth.") == "did you mean auth.header? "


def test_a_name_that_is_like_none_is_met_with_no_question():
    assert did_you_mean("xyz", ["model", "project"]) == ""
    assert did_you_mean("mod", ["model-of-many"], cutoff=0.9) == ""
