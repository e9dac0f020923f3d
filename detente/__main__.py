"""``python -m detente``, and what the command ``detente`` calls: our packages are in place before it begins."""

from __future__ import annotations

from experiments.display.ending import ended_in_order

with ended_in_order():  # a Ctrl-C while the command is still read
    from experiments.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
