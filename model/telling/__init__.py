"""What happened, in codes and in sentences."""
