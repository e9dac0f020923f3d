"""Arrangements: which would hold under what is not known, searched among levers, raced, and told with its price."""
