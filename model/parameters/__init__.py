"""Every number of the model: how it is declared, the two tables, and the checked record that a run is played by."""
