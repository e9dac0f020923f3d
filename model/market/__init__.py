"""The car and battery market put together from the rules: economies, clearing, credits, charges at borders."""
