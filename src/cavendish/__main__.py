"""The command `cavendish`, and `python -m cavendish`."""

import signal


def main() -> None:
    """Loads the command line and runs it. Ctrl-C in between ends quietly: nothing is begun."""
    stop = signal.getsignal(signal.SIGINT)
    if stop is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cavendish.apps.cli.main import main as command

    signal.signal(signal.SIGINT, stop)
    command()


if __name__ == "__main__":
    main()
