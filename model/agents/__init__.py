"""Who decides: governments, automakers, battery suppliers; each method decides for all replicates at once."""
