"""Shell completion: the script for a shell, made from the commands and flags there are."""

from __future__ import annotations

import sys
from typing import Literal

from cavendish.core.errors import InvalidRequest, StorageError

Shell = Literal["bash", "zsh", "fish"]


def completion(shell: Shell, /) -> int:
    """Print the script that completes commands and flags: source <(cavendish completion bash).

    Parameters
    ----------
    shell
        bash, zsh or fish.
    """
    from cavendish.apps.cli.main import app

    sys.stdout.write(app.generate_completion(shell=shell))
    return 0


def install(*, shell: Shell | None = None) -> int:
    """Write the completion script where the shell looks, and name it in the shell's start file.

    Parameters
    ----------
    shell
        bash, zsh or fish. Default: the one in use.
    """
    from cyclopts.completion.detect import ShellDetectionError

    from cavendish.apps.cli.main import app

    try:
        path = app.install_completion(shell=shell)
    except ShellDetectionError as error:
        raise InvalidRequest(
            "shell", "which one is in use cannot be seen", accepts="--shell bash, zsh or fish"
        ) from error
    except OSError as error:
        raise StorageError(
            f"{error.filename}: {error.strerror}", next_step="use cavendish completion SHELL"
        ) from error
    print(f"installed: {path}; it works in the next shell")
    return 0
