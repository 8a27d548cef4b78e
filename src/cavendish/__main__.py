"""`python -m cavendish` is the command line."""

from cavendish.apps.cli.main import main

if __name__ == "__main__":
    main()
