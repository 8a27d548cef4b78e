"""The errors Cavendish raises; the tree is drawn in `cavendish.core.errors`."""

from cavendish.core.errors import *  # noqa: F403
from cavendish.core.errors import __all__ as __all__
