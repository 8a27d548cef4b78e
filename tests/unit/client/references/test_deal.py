"""The rule by which references are split: properties over every model."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.loader import models
from cavendish.client.references.deal import check_limits, dealt
from cavendish.core.errors import InvalidRequest


@dataclass(frozen=True)
class One:
    role: str | None
    number: int


ROLES = st.lists(st.sampled_from([None, "object", "character", "style"]), min_size=1, max_size=60)


def fits(share, model):
    counts = Counter(one.role for one in share)
    return len(share) <= model.references and all(
        counts[role] <= most for role, most in model.references_by_role.items()
    )


@given(st.sampled_from(list(models().values())), ROLES)
def test_every_share_fits_and_nothing_is_lost(model, roles):
    refs = [One(role, number) for number, role in enumerate(roles)]
    styles = [one for one in refs if one.role == "style"]
    others = [one for one in refs if one.role != "style"]
    try:
        shares = dealt(refs, model)
    except InvalidRequest as error:
        assert "styles" in error.message
        assert not fits(refs, model)
        return
    assert all(fits(share, model) for share in shares)
    if fits(refs, model):
        assert shares == (tuple(refs),)
        return
    assert [one for share in shares for one in share if one.role != "style"] == others
    assert all([one for one in share if one.role == "style"] == styles for share in shares)
    sizes = [len(share) - len(styles) for share in shares]
    plain = all(one.role is None for one in others)
    room = model.references - len(styles)
    assert len(shares) >= -(-len(others) // room)
    if plain:
        assert len(shares) == -(-len(others) // room)
        assert max(sizes) == -(-len(others) // len(shares))


@pytest.mark.parametrize("model", models().values(), ids=lambda model: model.id)
def test_too_many_are_refused_unless_they_are_split(model):
    refs = [One(None, number) for number in range(model.references + 1)]
    check_limits(refs[1:], model)
    with pytest.raises(InvalidRequest, match=f"takes {model.references}"):
        check_limits(refs, model)
    assert len(dealt(refs, model)) == 2
