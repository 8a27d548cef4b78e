"""One paid call: from the intent to the settled bill."""
