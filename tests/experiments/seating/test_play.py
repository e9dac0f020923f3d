"""Games with agents: the rules as an agent give the model's own game, and every game replays without its agents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from digests import ALL_ON
from seated import SHORT, Reasons, seatable

from experiments.classroom.game import Game, Settings, replay
from experiments.seating.agents import SHIPPED, Agent, AlwaysAccept, NeverAccept, Rules, TitForTat, find_agent
from experiments.seating.http_agent import http_agent, served
from experiments.seating.play import (
    Played,
    all_settings,
    bloc_of,
    check_patience,
    play,
    play_all,
    read_export,
    replayed,
)
from experiments.seating.play import write_games as write
from experiments.seating.protocol import Past, Question
from model import InputFault

EVERYBODY = range(3)


def test_the_rules_as_an_agent_give_the_models_own_game(by_rules_alone: Game) -> None:
    one = play(SHORT, dict.fromkeys(EVERYBODY, find_agent("rules")))
    assert len(one.game.moves) > 20
    assert one.game.digest() == by_rules_alone.digest()
    assert one.game.model.world.by_rules == []
    assert not any(sitter.faults for sitter in one.sitters.values())


def test_who_applies_the_rules_to_a_question_alone_gives_the_models_own_game(by_rules_alone: Game) -> None:
    one = play(SHORT, dict.fromkeys(EVERYBODY, seatable(Reasons)), with_advice=False)
    decided = {spot.kind for spot in one.game.moves}
    assert decided == {"offer", "answer"} and len(one.game.moves) > 15
    assert one.game.digest() == by_rules_alone.digest()


@pytest.mark.parametrize("kind", [Rules, Reasons])
def test_the_same_where_access_is_on_the_table(kind: type[Agent]) -> None:
    settings = Settings("2026-access", replicate=2, quarters=4)
    plain = Game(settings)
    plain.advance()
    one = play(settings, dict.fromkeys(EVERYBODY, seatable(kind)))
    assert one.game.digest() == plain.digest() and len(one.game.moves) > 10


def test_the_same_where_every_mechanism_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.classroom.game.checked", lambda values, *only: dict(values))
    settings = Settings(replicate=3, quarters=6, parameters=ALL_ON)
    plain = Game(settings)
    plain.advance()
    one = play(settings, dict.fromkeys(EVERYBODY, find_agent("rules")))
    assert one.game.digest() == plain.digest() and len(one.game.moves) > 10


def test_what_is_in_force_as_a_truce_may_be_tabled_as_an_agreement() -> None:
    """In this luck the rules do so in the first round; who makes the move that they advise makes a legal one."""
    settings = Settings(replicate=7, quarters=1)
    plain = Game(settings)
    plain.advance()
    one = play(settings, {1: find_agent("rules")})
    tabled = [move for spot, move in one.game.moves.items() if spot.kind == "offer" and spot.round == 0]
    assert tabled[0] == plain.model.agenda.treaty[0] > 0
    assert one.sitters[1].faults == {} and one.game.digest() == plain.digest() and replay(one.game.export())[1]


def test_who_makes_the_advised_moves_shelves_what_the_rules_shelve() -> None:
    settings = Settings(replicate=31, quarters=6)
    plain = Game(settings)
    plain.advance()
    assert any(event["kind"] == "shelves" for events in plain.events for event in events)
    assert play(settings, {1: find_agent("rules")}).game.digest() == plain.digest()


def test_who_leaves_all_to_the_rules_gives_the_models_own_game(by_rules_alone: Game) -> None:
    one = play(SHORT, {1: seatable(Agent)})
    assert one.game.moves == {} and one.sitters[1].asked > 5
    assert one.game.digest() == by_rules_alone.digest()


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "rules"])
def test_a_game_of_an_agent_replays_without_it(name: str, by_rules_alone: Game) -> None:
    one = play(Settings(replicate=4, quarters=8), {0: find_agent(name), 2: find_agent(name)})
    again, same = replay(json.loads(json.dumps(one.game.export())))
    assert same and again.moves == one.game.moves and again.events == one.game.events
    assert not any(sitter.faults for sitter in one.sitters.values())


def test_what_the_shipped_agents_do(questions: list[Question]) -> None:
    by_kind = {question.kind: question for question in questions}
    assert Rules().decide(by_kind["keep"]) == by_kind["keep"].advice
    assert [AlwaysAccept().decide(by_kind[kind]) for kind in ("offer", "answer", "keep")] == [None, "accept", "honour"]
    assert [NeverAccept().decide(by_kind[kind]) for kind in ("offer", "answer", "keep")] == [-1, "refuse", None]
    kept = Past(quarter=0, package=3, own_kept=True, partner_kept=True)
    for history, move in (
        ((), "honour"),
        ((kept,), "honour"),
        ((kept, kept.model_copy(update={"partner_kept": False})), "lapse"),
        ((kept.model_copy(update={"partner_kept": False}), kept), "honour"),
    ):
        asked = by_kind["keep"].model_copy(update={"history": history})
        assert TitForTat().decide(asked) == move


def test_who_never_accepts_signs_nothing() -> None:
    one = play(Settings(replicate=4, quarters=8), {0: find_agent("never-accept")})
    signed = one.game.model.recorder.treaties_signed
    assert signed[0] == signed[1] == 0.0


# --- behind HTTP ------------------------------------------------------------------------------------------------------


def over_http(games: list[Settings]) -> None:
    """A stub agent behind HTTP plays these games; each replays to the last bit, and is the game of the agent itself."""
    agents: dict[int, type[Agent]] = {0: AlwaysAccept, 1: Reasons, 2: TitForTat}
    for bloc, kind in agents.items():
        with served(kind) as server:
            elsewhere = http_agent(server.address, 30.0)
            mine = games[bloc::3]
            for settings, one in zip(mine, play_all(mine, {bloc: elsewhere}, with_advice=False), strict=True):
                assert one.sitters[bloc].faults == {} and one.game.is_over
                again, same = replay(json.loads(json.dumps(one.game.export())))
                assert same and again.moves == one.game.moves and len(one.game.moves) > 0
                if kind is Reasons:
                    plain = Game(settings)
                    plain.advance()
                    assert one.game.digest() == plain.digest()


def test_a_stub_behind_http_plays_three_games_without_an_error() -> None:
    over_http([Settings(replicate=luck, quarters=6) for luck in (3, 4, 5)])


@pytest.mark.slow
def test_a_stub_behind_http_plays_fifty_games_without_an_error() -> None:
    over_http([Settings(replicate=luck, quarters=12) for luck in range(50)])


# --- kept -------------------------------------------------------------------------------------------------------------


def test_games_are_kept_with_what_was_said_and_replay_from_their_files(tmp_path: Path) -> None:
    agents = {2: find_agent("tit-for-tat")}
    folder = tmp_path / "games"
    kept = write(play_all([SHORT, Settings(replicate=5, quarters=3)], agents), agents, folder)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["game-2.json", "game-5.json", "games.json", "messages.jsonl"]
    for number in (2, 5):
        game, same = replayed(folder / f"game-{number}.json")
        assert same and game.settings.replicate == number
    lines = [json.loads(line) for line in (folder / "messages.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == sum(one.asked for one in kept)
    moves = {(line["file"], *line["spot"]): line["value"] for line in lines if line["value"] is not None}
    told = read_export(folder / "game-2.json")["moves"]
    assert {key[1:]: value for key, value in moves.items() if key[0] == "game-2.json"} == {
        tuple(row[:5]): row[5] for row in told
    }
    about = json.loads((folder / "games.json").read_text("utf-8"))
    assert about["seats"] == {"EU": {"agent": "tit-for-tat"}} and about["games"][0]["not_heard"] == {}
    assert [one.decided for one in kept] == [row["decided"] for row in about["games"]]


def test_whoever_interrupts_keeps_the_games_that_are_over(tmp_path: Path) -> None:
    agents = {2: find_agent("rules")}

    def interrupted(after: int) -> Iterator[Played]:
        yield from play_all([Settings(replicate=luck, quarters=1) for luck in range(after)], agents)
        raise KeyboardInterrupt

    assert len(write(interrupted(2), agents, tmp_path / "games")) == 2
    assert replayed(tmp_path / "games" / "game-1.json")[1]
    assert len(json.loads((tmp_path / "games" / "games.json").read_text("utf-8"))["games"]) == 2
    with pytest.raises(KeyboardInterrupt):
        write(interrupted(0), agents, tmp_path / "none")
    assert [path.name for path in tmp_path.iterdir()] == ["games"]


def test_a_changed_move_is_seen(tmp_path: Path) -> None:
    agents = {2: find_agent("always-accept")}
    write(play_all([SHORT], agents), agents, tmp_path / "games")
    file = tmp_path / "games" / "game-2.json"
    data = json.loads(file.read_text("utf-8"))
    keep = next(row for row in data["moves"] if row[3] == "keep")
    keep[5] = "lapse"
    file.write_text(json.dumps(data), "utf-8")
    assert not replayed(file)[1]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "something else"}', "[" * 100_000])
def test_a_file_that_is_no_game_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "game.json").write_text(text, "utf-8")
    with pytest.raises(InputFault, match=r"game-REPLICATE\.json"):
        replayed(tmp_path / "game.json")
    with pytest.raises(InputFault, match="cannot be read"):
        replayed(tmp_path / "other.json")


def test_what_a_game_cannot_be_played_with_is_refused() -> None:
    with pytest.raises(InputFault, match="'EJ' is no bloc; allowed is CN, US, EU"):
        bloc_of("EJ", "2026")
    assert bloc_of("eu", "2026") == 2 and bloc_of("kr", "four-2026") == 3
    for seconds in (0.0, -1.0, float("nan"), 1e9):
        with pytest.raises(InputFault, match="--seconds"):
            check_patience(seconds)
    with pytest.raises(InputFault, match="generosity"):
        all_settings("2026", [0], {"generosty": 0.3})
    with pytest.raises(InputFault, match="--quarters 400: scenario 2026 has 37"):
        all_settings("2026", [0], {}, 400)
    with pytest.raises(InputFault, match="tension_mean_us_eu is of no government of scenario two"):
        all_settings("two", [0], {"tension_mean_us_eu": 0.0})
    with pytest.raises(InputFault, match="alpha_cn belongs to a starting point"):
        all_settings("2026", [0], {"alpha_cn": 0.3})
    assert all_settings("2026", [7], {"generosity": 0.3}, 4)[0].parameters == {"generosity": 0.3}
