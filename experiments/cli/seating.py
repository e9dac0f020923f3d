"""Commands that seat programs: ``detente seat`` plays games with an agent, ``detente arena`` compares agents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.terminal import (
    FAILED,
    INTERRUPTED,
    USUAL,
    FiguresOption,
    StyleOption,
    leave_after,
    looking,
    refusals,
    screen,
    warn,
)
from experiments.display.ending import kept_in
from experiments.display.streams import pasted

if TYPE_CHECKING:
    from experiments.seating.agents import Seatable
    from experiments.seating.play import Played

ScenarioOption = Annotated[str, typer.Option(help="The scenario that is played.")]
QuartersOption = Annotated[int, typer.Option(help="Quarters of a game; 0: all that the scenario has.")]
SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
]
SecondsOption = Annotated[
    float | None,
    typer.Option(help="Seconds that an answer may take (default: 30, for a language model 120)."),
]
AdviceOption = Annotated[
    bool, typer.Option("--without-advice", help="Do not tell agents what the model's own rules would do.")
]
CompatibleOption = Annotated[
    str | None,
    typer.Option("--openai-compatible", metavar="ADDRESS", help="A language model behind ADDRESS/chat/completions."),
]
ModelOption = Annotated[str | None, typer.Option(metavar="NAME", help="What the server calls the model.")]
KeyOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="The environment variable with the key (default: DETENTE_API_KEY).")
]
AGENT_HELP = (
    "One that comes with the project (rules, always-accept, never-accept, tit-for-tat), or FILE:CLASS, which RUNS the "
    "file: name only one that you trust."
)
SeatOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="BLOC", help="Whose seat it takes: CN, US, EU or another government of the scenario; may be repeated."
    ),
]
AgentOption = Annotated[
    list[str] | None,
    typer.Option(metavar="AGENT", help=f"{AGENT_HELP} One for all seats, or one for each --bloc in their order."),
]


def seat(
    bloc: SeatOption = None,
    agent: AgentOption = None,
    url: Annotated[str | None, typer.Option(metavar="ADDRESS", help="An agent behind HTTP (see --openapi).")] = None,
    compatible: CompatibleOption = None,
    model: ModelOption = None,
    key_variable: KeyOption = None,
    room: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Instead of games of its own: sit at the table of a class.")
    ] = None,
    code: Annotated[
        str | None, typer.Option(metavar="CODE", help="The seat's code, as the teacher's page shows.")
    ] = None,
    scenario: ScenarioOption = "2026",
    replicate: Annotated[int, typer.Option(help="The luck of the first game.")] = 0,
    games: Annotated[int, typer.Option(help="How many games, each with the next luck.")] = 1,
    quarters: QuartersOption = 12,
    settings: SettingsOption = None,
    seconds: SecondsOption = None,
    without_advice: AdviceOption = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="New folder for the games (default: results/seat).")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Instead play a kept game again, without any agent, and compare."),
    ] = None,
    serve: Annotated[
        str | None, typer.Option(metavar="AGENT", help="Instead put an agent behind HTTP, on this machine.")
    ] = None,
    port: Annotated[int, typer.Option(help="Where --serve serves; 0 takes a free port.")] = 8710,
    document: Annotated[bool, typer.Option("--openapi", help="Instead print the interface as OpenAPI.")] = False,
) -> None:
    """Let a program take a bloc's seat: play games with it, keep them, and compare with the model's own rules."""
    with refusals():
        named = " and ".join(agent or [])
        _one_of(named, seat=bool(bloc), replay=replay is not None, serve=serve is not None, openapi=document)
        if document:
            import json

            from experiments.seating.protocol import openapi

            typer.echo(json.dumps(openapi(), indent=1))
        elif replay is not None:
            _replay(replay)
        elif serve is not None:
            _serve(serve, port)
        else:
            chosen = _for_seats(agent or [], bloc or [], url, compatible, model, key_variable, seconds)
            patience = _patience(seconds, compatible)
            if room is not None or code is not None:
                _sit(bloc or [], chosen[0], room, code, patience, not without_advice, out)
                return
            numbers = _numbers(replicate, games)
            _seat(bloc or [], chosen, scenario, numbers, quarters, settings, patience, not without_advice, out)


def _one_of(agent: str, **asked: bool) -> None:
    """Refuse to do nothing, or two things at once."""
    from model import InputFault

    words = {"seat": "--bloc", "replay": "--replay", "serve": "--serve", "openapi": "--openapi"}
    wanted = [words[name] for name, is_asked in asked.items() if is_asked]
    if len(wanted) > 1:
        raise InputFault([f"{' beside '.join(wanted)}: each does something else; keep one"], "command line")
    if not wanted and agent:
        raise InputFault([f"whose seat does {agent} take? name it: --bloc EU, or another government"], "command line")
    if not wanted:
        how = "name a seat and who takes it: detente seat --bloc EU --agent always-accept"
        raise InputFault([f"nothing to do; {how}"], "command line")


def _chosen(
    agent: str | None, url: str | None, compatible: str | None, model: str | None, variable: str | None,
    seconds: float | None,
) -> Seatable:  # fmt: skip
    """The agent that was asked for, in one of three ways."""
    from experiments.seating.agents import find_agent
    from experiments.seating.http_agent import http_agent
    from experiments.seating.language_model import KEY_VARIABLE, language_model
    from model import InputFault

    ways = [name for name, said in (("--agent", agent), ("--url", url), ("--openai-compatible", compatible)) if said]
    if len(ways) != 1:
        said = f"{' beside '.join(ways)}: one seat has one agent; keep one" if ways else "who takes the seat? give one"
        raise InputFault([f"{said} of --agent AGENT, --url ADDRESS, --openai-compatible ADDRESS"], "command line")
    if compatible is None and (model is not None or variable is not None):
        raise InputFault(["--model and --key-variable are for --openai-compatible ADDRESS alone"], "command line")
    patience = _patience(seconds, compatible)
    if agent is not None:
        return find_agent(agent)
    if url is not None:
        return http_agent(url, patience)
    assert compatible is not None
    if model is None:
        raise InputFault(["--openai-compatible needs --model NAME, as the server calls it"], "command line")
    return language_model(compatible, model, patience, variable or KEY_VARIABLE)


def _for_seats(
    agents: list[str], blocs: list[str], url: str | None, compatible: str | None, model: str | None,
    variable: str | None, seconds: float | None,
) -> list[Seatable]:  # fmt: skip
    """An agent for every seat, in the order of the seats: one for all, or as many as there are seats.

    Raises ``InputFault``: another number of agents, or a seat that came twice.
    """
    from model import InputFault

    faults = _seats_twice(blocs)
    if len(agents) not in (0, 1, len(blocs)):
        seats = "1 seat" if len(blocs) == 1 else f"{len(blocs)} seats"
        faults.append(f"{len(agents)} agents for {seats}: allowed is one --agent for all, or one for each --bloc")
    if faults:
        raise InputFault(faults, "command line")
    asked: list[str | None] = [*agents] or [None]
    chosen = [_chosen(agent, url, compatible, model, variable, seconds) for agent in asked]
    return chosen * (1 if len(chosen) > 1 else max(1, len(blocs)))


def _seats_twice(blocs: list[str]) -> list[str]:
    """A fault for every seat that is named more than once, in whatever case."""
    named = [name.upper() for name in blocs]
    return [f"--bloc {name} came twice; keep one" for name in dict.fromkeys(named) if named.count(name) > 1]


def _patience(seconds: float | None, compatible: str | None) -> float:
    from experiments.seating.play import MODEL_PATIENCE, check_patience
    from experiments.seating.sitting import PATIENCE

    usual = PATIENCE if compatible is None else MODEL_PATIENCE
    return check_patience(usual if seconds is None else seconds)


def _numbers(first: int, games: int) -> range:
    from experiments.seating.play import MOST_GAMES
    from model import InputFault

    if not 1 <= games <= MOST_GAMES:
        raise InputFault([f"--games {games}: allowed is a whole number from 1 to {MOST_GAMES}"], "command line")
    return range(first, first + games)


def _seat(
    names: list[str], chosen: list[Seatable], scenario: str, numbers: range, quarters: int, changes: list[str] | None,
    patience: float, with_advice: bool, out: Path | None,
) -> None:  # fmt: skip
    from experiments.display.command_words import parse_settings
    from experiments.display.console import progress_shown, say
    from experiments.seating.play import all_settings, bloc_of, play_all, write_games
    from experiments.seating.show import show_games
    from experiments.store.files import check_vacant, vacant_folder
    from model import identification_flips

    games_asked = all_settings(scenario, numbers, parse_settings(changes or []), quarters)
    agents = {bloc_of(name, scenario): one for name, one in zip(names, chosen, strict=True)}
    folder = vacant_folder("seat") if out is None else out
    check_vacant(folder)
    console, errors = screen(), screen(to_stderr=True)

    with progress_shown(errors, f"seat: {len(numbers)} games") as progress:

        def played() -> Iterator[Played]:
            every = play_all(games_asked, agents, patience, with_advice, lambda words: say(errors, words))
            for done, one in enumerate(every, 1):
                yield one
                progress(done, 0, len(games_asked), 0)

        games = write_games(played(), agents, folder)
    warn(console, identification_flips(scenario, dict(games_asked[0].parameters)))
    show_games(console, games)
    say(console, f"\nThe games are in {pasted(folder)}")
    say(console, f"Play one again: detente seat --replay {pasted(folder / f'game-{numbers[0]}.json')}")
    _leave_if_interrupted(len(games), len(agents) * len(numbers))


def _sit(
    names: list[str], chosen: Seatable, room: str | None, code: str | None, patience: float, with_advice: bool,
    out: Path | None,
) -> None:  # fmt: skip
    from experiments.display.console import prose, say
    from experiments.seating.table import Table, sit, write_table
    from experiments.store.files import check_vacant, vacant_folder
    from model import InputFault

    if room is None or code is None:
        raise InputFault(
            ["--room ADDRESS and --code CODE go together: where the class is, and whose seat"], "command line"
        )
    folder = vacant_folder("seat") if out is None else out
    check_vacant(folder)
    table, console, errors = Table(room, code), screen(), screen(to_stderr=True)
    if {name.upper() for name in names} != {table.seat}:
        said = f"this code is of the seat of {table.seat}; write --bloc {table.seat}, or take another code"
        raise InputFault([said], "command line")
    say(errors, f"{chosen.name} sits in the seat of {table.seat} until the game is over.")
    export, sitter = sit(table, chosen, patience, with_advice, lambda words: say(errors, words))
    file = write_table(folder, export, sitter, table.seat, chosen)
    missed = f", not heard {sum(sitter.faults.values())} times" if sitter.faults else ""
    prose(console, f"{export['played']} quarters are over; {chosen.name} was asked {sitter.asked} times{missed}.")
    say(console, f"Play the game again: detente seat --replay {pasted(file)}")


def _replay(file: Path) -> None:
    from experiments.display.console import prose
    from experiments.seating.play import replayed

    game, same = replayed(file)
    prose(screen(), f"{game.quarter} quarters and {len(game.moves)} moves played again, without any agent.")
    if not same:
        prose(screen(), "Not the same as kept: the file, the code or versions of packages have changed since.")
        raise typer.Exit(FAILED)
    prose(screen(), "The same as kept, to the last bit.")


def _serve(name: str, port: int) -> None:
    from experiments.seating.agents import find_agent
    from experiments.seating.http_agent import AgentServer

    chosen = find_agent(name)
    server = AgentServer(chosen.make, port)
    typer.echo(f"{chosen.name} answers at {server.address}   (stop with Ctrl-C)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def arena(
    agent: Annotated[
        list[str] | None, typer.Option(metavar="AGENT", help=f"{AGENT_HELP} Or an ADDRESS. May be repeated.")
    ] = None,
    compatible: CompatibleOption = None,
    model: ModelOption = None,
    key_variable: KeyOption = None,
    bloc: Annotated[
        list[str] | None, typer.Option(metavar="BLOC", help="A seat: CN, US or EU; may be repeated (default: all).")
    ] = None,
    scenario: ScenarioOption = "2026",
    replicate: Annotated[int, typer.Option(help="The luck of the first game.")] = 0,
    games: Annotated[int, typer.Option(help="Games of every agent in every seat, each with the next luck.")] = 8,
    cloud: Annotated[int, typer.Option(help="Lucks by the rules alone among which games are placed.")] = 200,
    quarters: QuartersOption = 12,
    settings: SettingsOption = None,
    seconds: SecondsOption = None,
    without_advice: AdviceOption = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="New folder for tables and games (default: results/arena)."),
    ] = None,
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """Agents in every seat under the same luck, each game paired with the model's own rules: who does better?"""
    with refusals(), looking(style, figures):
        agents = _entrants(agent, compatible, model, key_variable, seconds)
        numbers, patience = _numbers(replicate, games), _patience(seconds, compatible)
        _arena(agents, bloc, scenario, numbers, cloud, quarters, settings, patience, not without_advice, out)


def _entrants(
    names: list[str] | None, compatible: str | None, model: str | None, variable: str | None, seconds: float | None
) -> list[Seatable]:
    """The agents of an arena: those named, or all that come with the project, and a language model if one is named."""
    from experiments.seating.agents import SHIPPED, find_agent

    if compatible is None and (model is not None or variable is not None):
        _chosen("rules", None, None, model, variable, seconds)  # refuses
    named = list(SHIPPED) if names is None and compatible is None else names or []
    agents = [_chosen(None, name, None, None, None, seconds) if "://" in name else find_agent(name) for name in named]
    return agents if compatible is None else [*agents, _chosen(None, None, compatible, model, variable, seconds)]


def _arena(
    agents: list[Seatable], names: list[str] | None, scenario: str, numbers: range, cloud: int, quarters: int,
    changes: list[str] | None, patience: float, with_advice: bool, out: Path | None,
) -> None:  # fmt: skip
    from experiments.classroom.controls import parties_of
    from experiments.display.command_words import parse_settings
    from experiments.display.console import progress_shown, say
    from experiments.seating.arena import check_arena, play_arena
    from experiments.seating.play import all_settings, bloc_of
    from experiments.seating.results import write_arena
    from experiments.seating.show import show_arena
    from experiments.store.files import check_vacant, vacant_folder
    from experiments.store.sources import code_fingerprint
    from model import InputFault, identification_flips

    if faults := _seats_twice(names or []):
        raise InputFault(faults, "command line")
    check_arena(agents, cloud)
    asked = all_settings(scenario, numbers, parse_settings(changes or []), quarters)
    blocs = [bloc_of(name, scenario) for name in names or parties_of(scenario).blocs]
    folder = vacant_folder("arena") if out is None else out
    check_vacant(folder)
    console, errors = screen(), screen(to_stderr=True)

    def tell(words: str) -> None:
        say(errors, words)

    kept = "Games that are over are kept. The same command goes on from there."
    title = f"arena: {len(agents) * len(blocs) * len(asked)} games"
    with kept_in(kept), progress_shown(errors, title) as progress:
        found, fault = write_arena(
            lambda begun: play_arena(
                agents, blocs, asked, cloud, patience, with_advice, tell, progress, begun.keep, begun.before
            ),
            folder,
            {
                "agents": [dict(one.told) for one in agents], "blocs": blocs, "cloud": cloud, "patience": patience,
                "games": [one.as_dict() for one in asked], "advice": with_advice, "code": code_fingerprint(),
            },
        )  # fmt: skip
    warn(console, identification_flips(scenario, dict(asked[0].parameters)))
    show_arena(console, found)
    say(console, f"\nTables{'' if fault else ', figure'} and games are in {pasted(folder)}")
    _leave_if_interrupted(len(found.bouts), len(agents) * len(blocs) * len(asked))
    leave_after(fault)


def _leave_if_interrupted(done: int, total: int) -> None:
    """Say that not all was played, and leave with a code that tells."""
    if done < total:
        typer.echo(f"Interrupted after {done} of {total} games; what is over is kept.", err=True)
        raise typer.Exit(INTERRUPTED)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file on the command line."""
    app.command(short_help="Let a program take a bloc's seat.")(seat)
    app.command(short_help="Compare agents in every seat.")(arena)
