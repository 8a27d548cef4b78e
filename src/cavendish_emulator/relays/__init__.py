"""What third parties speak: OpenAI's images and chat, OpenRouter's, and the native API of relays.

Each surface only translates to and from a native call; drawing, usage, quotas, faults and bill are
the emulator's own. Fields that nobody knows are ignored, as relays ignore them.
"""

from cavendish_emulator.relays.dialects import OwnError, dialect_of, is_openai
from cavendish_emulator.relays.seller import LIST_PATH, NATIVE_PATH, sale, stand_in
from cavendish_emulator.relays.surfaces import Surfaces

__all__ = [
    "LIST_PATH",
    "NATIVE_PATH",
    "OwnError",
    "Surfaces",
    "dialect_of",
    "is_openai",
    "sale",
    "stand_in",
]
