"""How fast it is: timings in one process, growth, memory."""
