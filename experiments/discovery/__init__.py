"""Where cooperation comes from: boxes in the space of assumptions."""
