"""The command line: flags in, library calls, words or JSON out."""
