"""A mechanism of one's own is found in its file, and what is wrong with file or class is said in one line."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import equality
import numpy as np
import pytest
from commands import called, detente, refused, written

from model import Ensemble, InputFault, NegotiationModel, World, load_tactics, load_world, registered, unload, world_of
from model.choices.own_file import files_read
from model.world_file import own_class, unload_worlds

MINE = """
import numpy as np
from model import Bloc, Automaker, World, NegotiationModel, tactic
from shares import SHARE

class Stubborn(Bloc):
    def ratifies(self, dyad, package):
        return np.zeros_like(super().ratifies(dyad, package))

class Dear(Automaker):
    def price(self, wanted):
        return SHARE * super().price(wanted)

class OneSided(World):
    def seat_parties(self):
        super().seat_parties()
        self.blocs[0] = Stubborn(self, 0)

    def summary(self):
        table = super().summary()
        table["mood"] = self.state.mood[..., 0].reshape(-1)
        return table

class Face(NegotiationModel):
    pass

class Plain:
    pass

@tactic("beside")
def beside(moment):
    return 0.0 * moment.time

NUMBER = 3
"""
ONE = "from model import World\nclass Mine(World):\n    def ratify(self):\n        super().ratify()\n"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    unload_worlds()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    written(tmp_path, "shares.py", "SHARE = 1.02\n")
    return written(tmp_path, "mine.py", MINE)


# --- found ----------------------------------------------------------------------------------------------------------


def test_a_class_of_a_file_takes_its_place(mine: Path) -> None:
    file = load_world(f"{mine}:Stubborn")
    assert (file.name, file.parent, file.asked) == ("Stubborn", "Bloc", f"{mine}:Stubborn")
    assert [path.name for path in files_read(file)] == ["mine.py", "shares.py"]
    kind = world_of(file)
    assert issubclass(kind, World) and kind.bloc_type is own_class(file)
    assert world_of(load_world(f"{mine}:Dear")).automaker_type is own_class(load_world(f"{mine}:Dear"))
    assert world_of(load_world(f"{mine}:OneSided")) is own_class(load_world(f"{mine}:OneSided"))
    assert world_of(None) is World
    assert world_of(pickle.loads(pickle.dumps(file))) is kind, "in a worker the file alone comes"


def test_a_file_with_one_class_needs_no_name(tmp_path: Path) -> None:
    written(tmp_path, "base.py", ONE.replace("Mine", "Base"))
    path = written(tmp_path, "one.py", "from base import Base\nclass Mine(Base):\n    pass\n")
    assert load_world(path).name == "Mine"
    assert load_world(f"{path}:Base").name == "Base", "what it imports can be named"


def test_it_is_run_once_and_known_again(mine: Path, tmp_path: Path) -> None:
    file = load_world(f"{mine}:Stubborn")
    kind = own_class(file)
    assert own_class(load_world(f"{mine}:Stubborn", file.sha256)) is kind
    written(tmp_path, "shares.py", "SHARE = 1.03\n")
    with pytest.raises(InputFault, match="or what it imports from beside it, has changed since this work began"):
        load_world(f"{mine}:Stubborn", file.sha256)
    assert load_world(f"{mine}:Stubborn").sha256 != file.sha256


def test_tactics_in_the_same_file_are_left_to_their_own_option(mine: Path) -> None:
    tactics = load_tactics(mine)
    try:
        load_world(f"{mine}:Stubborn")
        assert "beside" in {one.name for one in registered(tactics.sha256)}
    finally:
        unload(tactics)
    unload_worlds()
    load_world(f"{mine}:Stubborn")
    assert "beside" not in {one.name for one in registered()}


# --- played ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["OneSided", "Dear"])
def test_mesa_and_the_ensemble_play_it_alike(name: str, mine: Path) -> None:
    """Parties of several classes are seated in both, and a column of one's own is in both summaries."""
    kind = world_of(load_world(f"{mine}:{name}"))
    many = Ensemble("2026", equality.ROOT_SEED, 3, keep=range(3), world=kind).run()
    model = NegotiationModel("2026", equality.ROOT_SEED, 2, narrate=False, world_type=kind).run()
    assert equality.differences(many.records[0, 2], model.recorder) == []
    rows = many.summary().query("replicate == 2").drop(columns=["design_point", "replicate"]).reset_index(drop=True)
    assert rows.equals(model.summary())
    usual = Ensemble("2026", equality.ROOT_SEED, 3, keep=range(3)).run()
    assert equality.differences(many.records[0, 2], usual.records[0, 2])
    if name == "OneSided":
        assert "mood" in rows
        treaties = many.summary().groupby("dyad")["n_treaties"].sum()
        assert np.array_equal(treaties.loc[["CN-US", "CN-EU"]] == 0, [True, True]) and treaties["US-EU"] > 0


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("mine.py", "has 3 such classes; name one: mine.py:Stubborn or mine.py:Dear or mine.py:OneSided"),
        ("mine.py:Stuborn", "has no class 'Stuborn'; nearest known name: 'Stubborn'"),
        ("mine.py:Zzz", "has no class 'Zzz'; it has Stubborn, Dear, OneSided"),
        ("mine.py:Plain", "is a subclass of object; allowed is a subclass of World, Bloc, Automaker or"),
        ("mine.py:Face", "is a subclass of NegotiationModel; allowed is"),
        ("mine.py:World", "is the shipped class; allowed is a subclass"),
        ("mine.py:NUMBER", "is no class but a whole number; allowed is"),
        ("mine.py:", "after the colon stands ''; allowed is the name of a class"),
        ("mine.py:a-b", "after the colon stands 'a-b'"),
        ("nope.py:Mine", "'nope.py' cannot be read: No such file"),
        (".", "cannot be read: Is a directory"),
        ("wrong.py", "cannot be loaded: SyntaxError: invalid syntax (line 2)"),
        ("raises.py", "cannot be loaded: ValueError: not today (line 1)"),
        ("leaves.py", "cannot be loaded: SystemExit: 3 (line 1)"),
        ("wants.py", "cannot be loaded: ModuleNotFoundError: No module named 'not_there'"),
        ("none.py", "has no class of that kind; write a subclass of World"),
        ("bytes.py", "is not text in UTF-8"),
        ("empty.py", "Empty.automaker_type = None: allowed is Automaker or a subclass of it"),
    ],
)
def test_every_fault_is_one_message(
    asked: str, says: str, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "wrong.py", "x = 1\nx = = 2\n")
    written(tmp_path, "raises.py", "raise ValueError('not today')\n")
    written(tmp_path, "leaves.py", "raise SystemExit(3)\n")
    written(tmp_path, "wants.py", "import not_there\n")
    written(tmp_path, "none.py", "X = 1\n")
    written(tmp_path, "empty.py", "from model import World\nclass Empty(World):\n    automaker_type = None\n")
    (tmp_path / "bytes.py").write_bytes(b"x = '\xff'\n")
    code, said = detente("run", "2026", "--world", asked)
    assert code == 2
    assert says in said and said.startswith("world file: 1 fault\n") and len(said.splitlines()) == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("def honors(self, dyad):\n        return super().honors(dyad)",
         "replaces nothing of Bloc, so it would change no run; honors is called by nothing, nearest known name: 'hon"),
        ("SHARE = 0.5", "replaces nothing of Bloc, so it would change no run; write a method of its, as docs/write_a"),
    ],
)  # fmt: skip
def test_a_class_that_replaces_nothing_is_refused(body: str, says: str, tmp_path: Path) -> None:
    path = written(tmp_path, "typo.py", f"from model import Bloc\nclass Typo(Bloc):\n    {body}\n")
    with pytest.raises(InputFault) as caught:
        load_world(path)
    assert f"Typo in '{path}' {says}" in str(caught.value)
    for command in (("run", "2026", "--world"), ("sweep", "trust", "--world"), ("check-world",)):
        refused(called(*command, path), "so it would change no run")


def test_a_method_that_nothing_calls_is_told_once_on_the_side(tmp_path: Path) -> None:
    text = MINE.replace("from shares import SHARE", "").partition("class Dear")[0] + (
        "    def honors(self, dyad):\n        return self.share()\n    def share(self):\n        return 0.5\n"
    )
    result = called("run", "symmetric", "--world", f"{written(tmp_path, 'typo.py', text)}:Stubborn")
    assert result.exit_code == 0
    assert result.stderr.count("called by nothing") == 1
    assert "! Stubborn: honors is called by nothing, nearest known name: 'honours'" in result.stderr


def test_a_class_may_replace_parties_alone(tmp_path: Path) -> None:
    text = "from model import Bloc, World\nclass Seats(World):\n    bloc_type = Bloc\n"
    assert load_world(written(tmp_path, "seats.py", text)).name == "Seats"


def test_a_name_that_cannot_be_kept_everywhere_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a:b.py", ONE)
    with pytest.raises(InputFault, match="may not hold a colon"):
        load_world(path)


def test_a_method_that_fails_in_a_run_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "one.py", ONE.replace("super().ratify()", "raise KeyError('lost')"))
    for engine in ("mesa", "ensemble"):
        code, said = detente("run", "2026", "--world", "one.py", "--engine", engine)
        assert (code, said) == (2, "world file: 1 fault\n  - one.py:Mine failed: KeyError: 'lost' (line 4)\n")
