"""The model against published effects: what it gives, what others found, and whether the two meet."""
