"""Products: what people come for, made of paid calls."""
