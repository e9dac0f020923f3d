"""What is to be run: plans, factors, samples, tables of design points."""
