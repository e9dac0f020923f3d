"""A quarter of the ensemble, phase by phase, in the order of ``model.schedule``: one lane a replicate."""
