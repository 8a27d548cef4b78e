"""Faults of the line: how the bytes of an answer come, or do not."""

from __future__ import annotations

from cavendish_emulator.faults.entry import Entry

NETWORK: dict[str, Entry] = {
    "slow": Entry("Waits, then answers as usual.", {"seconds": ("number", 5)}),
    "cut": Entry(
        "Runs and bills, sends the first part of the body, then closes the connection.",
        {"bytes": ("integer", None), "fraction": ("number", 0.5)},
    ),
    "stall": Entry(
        "Runs and bills, sends the first part of the body, then nothing for ever.",
        {"fraction": ("number", 0.99)},
    ),
    "reset_before_execution": Entry("Closes the connection; nothing runs and nothing is billed."),
    "reset_after_execution": Entry(
        "Runs and bills, then closes the connection without sending a byte."
    ),
    "trickle": Entry("Sends the body slowly.", {"bytes_per_second": ("number", 1000)}),
    "heartbeat": Entry(
        "Runs and bills, then sends a blank (a comment in a stream) again and again, for ever.",
        {"every_s": ("number", 1)},
    ),
    "gzip": Entry("A compressed body, whatever was asked for."),
    "gzip_bomb": Entry(
        "A compressed body that grows to very many blanks.", {"megabytes": ("integer", 256)}
    ),
    "wrong_encoding": Entry("Says gzip, and is not."),
    "error_in_stream": Entry("In a stream: the first chunk, then an error instead of the next."),
}
