"""A game is its settings and its moves: it rewinds, branches, exports, and replays bit for bit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from digests import ALL_ON

from experiments.classroom.controls import BRANCHABLE, GROUPS, ON_PAGE, absent, checked, control_list
from experiments.classroom.game import Change, Game, Settings, read_moves, read_settings, replay
from experiments.classroom.seated import SeatedWorld
from experiments.classroom.seats import ANSWER, KEEP, LAPSE, REFUSE, Spot
from experiments.classroom.view import outcome_view, quarter_view, start_view
from model import PARAMETERS, InputFault

SHORT = Settings(replicate=3, quarters=6)


def played(game: Game) -> Game:
    """The game, played to its end."""
    game.advance()
    return game


def test_rewinding_gives_the_earlier_quarter_back() -> None:
    whole, part = played(Game(SHORT)), Game(SHORT)
    part.advance(3)
    back = whole.rewound(3)
    assert back.quarter == 3 and back.digest() == part.digest() != whole.digest()
    back.advance()
    assert back.digest() == whole.digest()


def test_a_branch_shares_the_past_and_changes_the_future() -> None:
    whole = played(Game(Settings(replicate=3, quarters=14)))
    branch = played(whole.branched(10, {"dialogue_ceiling": 1.0}))
    assert branch.rewound(10).digest() == whole.rewound(10).digest()
    assert branch.digest() != whole.digest()
    decided = played(whole.branched(1, move=(Spot(1, 2, 1, KEEP, 0), LAPSE)))
    assert decided.rewound(1).digest() == whole.rewound(1).digest()
    assert decided.digest() != whole.digest()


def played_anew(game: Game) -> Game:
    """The same game played from its first quarter, as far as this one was."""
    again = Game(game.settings, game.moves, game.seats, game.released)
    again.advance(game.quarter + (1 if game.questions else 0))
    return again


def assert_same(one: Game, other: Game) -> None:
    """Two games have the same past, to the last bit, and the same questions now."""
    assert one.quarter == other.quarter > 0
    assert one.digest() == other.digest()
    assert one.events == other.events
    assert one.model.world.by_rules == other.model.world.by_rules
    assert one.questions == other.questions
    assert one.model.parameters == other.model.parameters


#: What assessments look at changes twice: duty cases are opened in between alone.
MIDWAY = (
    Change(2, "unilateral_duties", True),
    Change(2, "false_alarm", 0.3),
    Change(6, "dialogue_ceiling", 1.0),
    Change(6, "unilateral_duties", False),
)


@pytest.mark.parametrize("parameters", [pytest.param({}, marks=pytest.mark.slow), ALL_ON], ids=("default", "all on"))
def test_going_on_from_a_mark_is_playing_from_the_start(
    parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.classroom.game.checked", lambda values, *only: dict(values))
    settings = Settings(replicate=3, parameters={"unilateral_duties": False, **parameters}, changes=MIDWAY, quarters=8)
    game = Game(settings, seats={0: 1, 2: 3})
    while not game.is_over:
        game.advance()
        if game.quarter in (3, 6):
            assert_same(game, played_anew(game))
        # People refuse, lapse or follow the advice; some leave it to the rules.
        moves, released = dict(game.moves), set(game.released)
        for number, question in enumerate(game.questions):
            if (question.spot.quarter + number) % 3 == 0:
                released.add(question.spot)
            elif question.spot.quarter % 4 == 2:
                moves[question.spot] = {ANSWER: REFUSE, KEEP: LAPSE}.get(question.spot.kind, question.advice)
            else:
                moves[question.spot] = question.advice
        if game.questions:
            game = Game(settings, moves, game.seats, frozenset(released)).go_on_from(game, game.quarter)
    assert game.moves and game.released and game.model.world.by_rules
    for quarter in (2, 7):
        assert_same(game.rewound(quarter), played_anew(game.rewound(quarter)))
        branch = played(game.branched(quarter, {"generosity": 1.0}))
        assert_same(branch, played_anew(branch))
        assert_same(played(branch.rewound(quarter)), branch)


def test_a_branch_plays_no_quarter_of_the_common_past_again(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, stepped = played(Game(SHORT)), []
    step = SeatedWorld.step
    monkeypatch.setattr(SeatedWorld, "step", lambda world: (stepped.append(world.state.quarter), step(world)))
    played(whole.branched(4, {"false_alarm": 0.3}))
    assert stepped == [4, 5]
    whole.rewound(3)
    assert stepped == [4, 5]
    # A decision before the branch is no common past.
    decided = played(whole.branched(4, move=(Spot(1, 2, 1, KEEP, 0), LAPSE)))
    assert stepped == [4, 5, 1, 2, 3, 4, 5]
    assert_same(decided, played_anew(decided))


def test_a_quarter_that_failed_is_played_anew_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, game = played(Game(SHORT)), Game(SHORT)
    game.advance(3)

    def fails(world: SeatedWorld) -> None:
        raise InputFault(["a tactic failed"], "tactics")

    with monkeypatch.context() as broken:
        broken.setattr(SeatedWorld, "watch_conduct", fails)
        with pytest.raises(InputFault, match="a tactic failed"):
            game.advance()
    assert game.quarter == 3 == game.model.state.quarter and len(game.model.recorder.frames) == 3
    assert_same(played(game), whole)


@pytest.fixture(scope="module")
def plain() -> Game:
    return played(Game(SHORT))


def there_and_back(plain: Game, name: str) -> tuple[Change, Change]:
    """Sets a parameter to another value and, in the same quarter, to what it was."""
    value = getattr(plain.model.parameters, name)
    spec = PARAMETERS[name]
    other: Any = spec.low if spec.kind in ("float", "int") else not value
    if spec.kind == "choice":
        other = next(choice for choice in spec.choices if choice != value)
    if spec.kind == "int":
        other = int(other)
    return Change(2, name, other), Change(2, name, value)


# If a model kept more from its parameters than it derives anew, a change back would not be complete.
def test_setting_parameters_to_what_they_are_changes_nothing(plain: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.classroom.game.MOST_CHANGES", 2 * len(BRANCHABLE))
    changes = tuple(change for name in sorted(BRANCHABLE) for change in there_and_back(plain, name))
    assert played(Game(Settings(replicate=3, quarters=6, changes=changes))).digest() == plain.digest()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BRANCHABLE))
def test_setting_a_parameter_to_what_it_is_changes_nothing(name: str, plain: Game) -> None:
    changes = there_and_back(plain, name)
    assert played(Game(Settings(replicate=3, quarters=6, changes=changes))).digest() == plain.digest()


@pytest.mark.parametrize("replicates", [range(2, 3), pytest.param(range(3, 7), marks=pytest.mark.slow)], ids=str)
def test_a_branch_that_lets_blocs_move_alone_opens_duty_cases(replicates: range) -> None:
    quiet = {"unilateral_duties": False, "opening_hazard": 0.6}
    cases = []
    for replicate in replicates:
        never = played(Game(Settings(replicate=replicate, parameters=quiet)))
        midway = played(never.branched(10, {"unilateral_duties": True}))
        assert midway.rewound(10).digest() == never.rewound(10).digest()
        opened = [t for t, events in enumerate(midway.events) for event in events if event["kind"] == "case"]
        assert not any(event["kind"] == "case" for events in never.events for event in events)
        assert all(t >= 10 for t in opened)
        # What the branch looks at from then on is what a run that allowed it from the start looks at.
        always = Game(Settings(replicate=replicate, parameters={**quiet, "unilateral_duties": True}))
        assert (midway.model.world.rules.nodes.row == always.model.world.rules.nodes.row).all()
        cases.append(len(opened))
    assert sum(cases) > 0


def test_an_export_replays_bit_for_bit_and_says_when_it_does_not() -> None:
    moves = {Spot(0, 2, 1, KEEP, 0): LAPSE}
    settings = Settings(
        replicate=8, quarters=8, parameters={"generosity": 0.4}, changes=(Change(4, "false_alarm", 0.3),)
    )
    game = played(Game(settings, moves))
    export = json.loads(json.dumps(game.export()))
    again, same = replay(export)
    assert same and again.quarter == 8 and again.moves == moves
    assert export["versions"]["numpy"]
    export["moves"] = []
    assert not replay(export)[1]


@pytest.mark.parametrize(
    "data",
    [
        [],
        "settings",
        {"scenario": "../../etc/passwd"},
        {"scenario": 3},
        {"scenario": "2026", "narrate": True},
        {"root_seed": 5},
        {"root_seed": "9" * 40},
        {"root_seed": "１２"},
        {"replicate": -1},
        {"replicate": True},
        {"replicate": 1.5},
        {"quarters": "many"},
        {"parameters": []},
        {"parameters": {"generosity": 2.0}},
        {"parameters": {"generosity": "<script>"}},
        {"parameters": {"rng": 1}},
        {"changes": {}},
        {"changes": [[1, "generosity"]]},
        {"changes": [[1, "battery_learning_rate", 0.2]]},
        {"changes": [["1", "generosity", 0.2]]},
        {"changes": [[1, "generosity", 0.2]] * 13},
    ],
)
def test_settings_from_strangers_are_refused_with_a_message(data: object) -> None:
    with pytest.raises(InputFault) as fault:
        read_settings(data)
    assert len(str(fault.value)) < 400


@pytest.mark.parametrize(
    "rows", [{}, "moves", [1], [[0, 0, 0, "offer", 0]], [[0, 0, 0, "steal", 0, 1]], [[-1, 0, 0, "keep", 0, "lapse"]]]
)
def test_moves_from_strangers_are_refused(rows: object) -> None:
    with pytest.raises(InputFault):
        read_moves(rows)


@pytest.mark.parametrize("data", [None, {}, {"format": "detente game 1"}, {"format": "detente game 1", "played": 2000}])
def test_what_is_no_export_is_refused(data: object) -> None:
    with pytest.raises(InputFault):
        replay(data)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("versions", "version", "'version' is no part of a game; nearest known name: 'versions'"),
        ("settings", "qqqq", "'qqqq' is no part of a game; allowed are format, versions, settings"),
        ("replicate", "replicat", "'replicat' is no setting; nearest known name: 'replicate'"),
    ],
)
def test_a_misspelt_part_of_a_game_is_named(old: str, new: str, says: str) -> None:
    data = {"format": "detente game 1", "versions": {}, "settings": {"replicate": 1}, "moves": [], "played": 0}
    with pytest.raises(InputFault) as refused:
        replay(json.loads(json.dumps(data).replace(f'"{old}"', f'"{new}"')))
    assert says in str(refused.value)


def test_settings_survive_a_journey_as_text() -> None:
    settings = Settings("symmetric", 2**100, 7, {"generosity": 0.5}, (Change(3, "false_alarm", 0.0),), 9)
    assert read_settings(json.loads(json.dumps(settings.as_dict()))) == settings


def test_controls_are_parameters_with_units_and_ranges() -> None:
    rows = control_list()
    assert [row["name"] for row in rows] == list(ON_PAGE)
    assert {row["group"] for row in rows} == set(GROUPS)
    assert all(row["low"] < row["high"] for row in rows if row["kind"] in ("float", "int"))
    with pytest.raises(InputFault, match="not a control"):
        checked({"alpha_cn": 0.1})


def test_a_control_of_nobody_at_the_table_is_refused() -> None:
    assert "tension_mean_us_eu" in absent("two") and not absent("2026")
    for about in ({"parameters": {"tension_mean_us_eu": 0.0}}, {"changes": (Change(1, "tension_mean_us_eu", 0.0),)}):
        with pytest.raises(InputFault, match="tension_mean_us_eu is of no government of scenario two; leave it out"):
            Settings("two", **about)


def test_views_are_plain_finite_numbers() -> None:
    game = Game(SHORT)
    game.advance(2)
    assert outcome_view(game.model)[0]["kept"] in (True, False)
    text = json.dumps([start_view(game.model), quarter_view(game.model), outcome_view(game.model), game.events])
    assert "NaN" not in text and "Infinity" not in text
    view = quarter_view(game.model)
    assert view["label"] == "2027Q1" and len(view["dyads"]) == 3 and len(view["directed"]) == 6
    assert all(-3.0 <= at <= 3.0 for dyad in view["dyads"] for at in dyad["game"]["at"])


def test_gain_by_issue_adds_up_and_tests_agree_with_the_refusal() -> None:
    game = played(Game(Settings(replicate=0, quarters=4)))
    offers = [event for events in game.events for event in events if event["kind"] == "offer"]
    assert offers
    for event in offers:
        (own,) = event["private"].values()
        passes = own["on_table"] and own["enforceable"] and own["passable"]
        assert event["accepted"] == (passes and own["believed"] >= max(own["least"], own["hope"]) - 1e-12)
