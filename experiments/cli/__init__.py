"""The command: ``detente``."""
