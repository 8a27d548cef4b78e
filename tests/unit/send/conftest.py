"""A shop, and the checks of any history when it closes."""

from __future__ import annotations

import pytest

from simulation.checks import check
from simulation.shop import Shop


@pytest.fixture
def shop(tmp_path):
    found = Shop(tmp_path)
    yield found
    found.world.plan.rounds = 0
    found.first.dead = True
    found.play(found.world._after_all())
    check(found.world)
    found.world.close()
