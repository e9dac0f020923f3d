"""What is asked of the model: plans, sweeps, results, figures, the page in class."""
