"""Results for other programs: every table as CSV, Stata, LaTeX, Parquet or Excel, with its units and definitions."""
