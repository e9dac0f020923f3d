"""Tactics against each other: a tournament and its table."""
