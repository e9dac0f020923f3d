"""What the model consists of, as pages: mechanisms, parameters, the whole description."""
