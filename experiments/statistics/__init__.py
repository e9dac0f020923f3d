"""Estimates with intervals, survival, stopping, summaries."""
