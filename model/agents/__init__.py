"""The readable reference: Mesa agents that decide for themselves and call the rules with their own numbers."""
