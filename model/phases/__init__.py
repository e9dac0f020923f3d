"""What happens in a quarter: one function a line of ``model.schedule``; parties decide, phases write it down."""
