"""A quarter of the Mesa world, phase by phase, in the order of ``model.schedule``."""
