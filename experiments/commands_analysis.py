"""Commands about tactics: whether one keeps its contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.terminal import BAD_INPUT, loaded, refusals, screen


def check_tactic(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Python file of tactics. Checking RUNS the file.")],
) -> None:
    """Try a file of tactics against its contract. This runs the file: name only one that you trust."""
    with refusals():
        from experiments.tactic_check import check

        own = loaded(file)
        assert own is not None
        findings = check(own.sha256)
        console = screen()
        for name in dict.fromkeys((finding.kind, finding.name) for finding in findings):
            console.print(f"{name[0]} {name[1]}")
            for finding in findings:
                if (finding.kind, finding.name) == name:
                    console.print(f"  {'FAILS' if finding.fault else 'ok   '}  {finding.test}", soft_wrap=True)
                    if finding.fault:
                        console.print(f"         {finding.fault}", soft_wrap=True)
        n_failed = sum(bool(finding.fault) for finding in findings)
        console.print(f"{n_failed} of {len(findings)} tests failed" if n_failed else "It keeps the contract.")
        if n_failed:
            raise typer.Exit(BAD_INPUT)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file on the command line."""
    app.command("check-tactic")(check_tactic)
