"""What a plan's runs say: tables, comparisons, corners, sentences, warnings."""
