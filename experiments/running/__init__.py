"""Who plays what, and where: engines, workers, schedulers, the loop over design points."""
