"""Commands about tactics: whether a file of them keeps its contract, and a league of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.terminal import BAD_INPUT, TacticsOption, loaded, refusals, screen

OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="New folder for the results (default: results/NAME).")
]
WorkersOption = Annotated[int | None, typer.Option(help="Processes to use at most (default: one a processor).")]


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
                        console.print(f"         {finding.fault}", soft_wrap=True, markup=False)
        n_failed = sum(bool(finding.fault) for finding in findings)
        console.print(f"{n_failed} of {len(findings)} tests failed" if n_failed else "It keeps the contract.")
        if n_failed:
            raise typer.Exit(BAD_INPUT)


def league(
    plan: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help="A league plan (TOML); without it, all tactics play.")
    ] = None,
    out: OutOption = None,
    workers: WorkersOption = None,
    situations: Annotated[int | None, typer.Option(help="Situations to draw (default: the plan's, or 50).")] = None,
    replicates: Annotated[int | None, typer.Option(help="Sessions a pair, seat and situation (default: 100).")] = None,
    tactics: TacticsOption = None,
) -> None:
    """All tactics against each other, in every seat, one bargaining session at a time: who does well at the table."""
    with refusals():
        from experiments.executors import check_workers
        from experiments.league import default_plan, load_league, play_league, resized
        from experiments.league_results import write_league
        from experiments.league_table import show, tell
        from experiments.store import check_vacant, vacant_folder
        from experiments.sweeping import progress_shown

        file, n_workers = loaded(tactics), check_workers(workers)
        asked = resized(default_plan() if plan is None else load_league(plan), situations, replicates)
        folder = vacant_folder("league") if out is None else out
        check_vacant(folder)
        console = screen()
        with progress_shown(screen(to_stderr=True), f"league: {asked.situations} situations") as progress:
            whole = play_league(asked, n_workers, file, lambda done, total: progress(done, 0, total, 0))
        found = tell(asked, whole)
        write_league(found, whole, folder, file)
        show(console, found)
        console.print(f"\nTables and figure are in {folder}", soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file on the command line."""
    app.command("check-tactic")(check_tactic)
    app.command("league")(league)
