"""Emulators: what the ensemble would say of any setting within a box, in less than a millisecond."""
