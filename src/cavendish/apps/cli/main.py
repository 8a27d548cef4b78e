"""The command `cavendish`. Each command's code is loaded when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from cavendish import __version__

app = App(
    name="cavendish",
    help="Pictures from Google's Gemini image models: priced before, paid once, checked after.",
    version=__version__,
    result_action="return_value",
)
app.command("cavendish.apps.cli.pictures:generate", help="Draw pictures for a prompt.")
app.command("cavendish.apps.cli.pictures:infographic", help="Draw an infographic from data.")
app.command("cavendish.apps.cli.costs:cost", help="What pictures cost: before, and after.")
app.command("cavendish.apps.cli.costs:budget", help="Limits on real money.")
app.command("cavendish.apps.cli.catalogue:models", help="The models: pixels, prices, limits.")
app.command("cavendish.apps.cli.catalogue:emulator", help="Run the offline emulator on its own.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits with its code."""
    tokens = sys.argv[1:] if arguments is None else list(arguments)
    sys.exit(run(tokens))


def run(tokens: Sequence[str]) -> int:
    """Runs one command and returns its exit code; wrong usage is 2."""
    as_json = "--json" in tokens
    try:
        code = app(tokens, exit_on_error=False, print_error=not as_json)
    except CycloptsError as error:
        if as_json:
            from cavendish.apps.cli.door import fail
            from cavendish.core.errors import UsageError

            fail(UsageError(str(error), next_step="cavendish --help"), as_json=True)
        return 2
    return code if isinstance(code, int) else 0
