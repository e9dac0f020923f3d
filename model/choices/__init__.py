"""What can be chosen by name: tactics, acceptance rules and stances, the shipped ones and those of a file."""
