"""What is kept of a run: columns quarter by quarter, tables, a dictionary."""
