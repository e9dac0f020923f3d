"""``python -m experiments.cli``: the command, for a checkout that is not installed."""

from experiments.cli.main import main

main()
