"""Which numbers matter: screening and variance-based indices."""
