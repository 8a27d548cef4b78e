"""The command `cavendish`, and `python -m cavendish`."""

import signal


def main() -> None:
    """Loads the command line and runs it.

    Until there is something to tell (`apps.cli.door.heed`), Ctrl-C ends it quietly: an interrupt
    in the middle of an import falls out of whatever is half loaded.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cavendish.apps.cli.main import main as command

    command()


if __name__ == "__main__":
    main()
