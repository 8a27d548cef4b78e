"""The face: the library that programs import."""
