"""A local emulator of the Gemini image API: real sockets, drawn pictures, its own bill.

It is a second witness. It shares no code with the client library, reads only the model
fact files it is handed, and keeps its own account of what every answer would have cost.
"""

from cavendish_emulator.embedding import Emulator

__all__ = ["Emulator"]
