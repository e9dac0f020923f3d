"""Findings on a screen and on a page, with figures; the story of one run."""
