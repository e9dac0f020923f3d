"""The compiled arithmetic: its functions, how it is chosen, and whole runs beside NumPy's."""

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model import Ensemble, InputFault, NegotiationModel, arithmetic_in_use, using_arithmetic
from model.compiled import arithmetic, build
from model.numerics import same_bits
from model.parameters.checked import make_parameters
from model.start import starting_point as start

EXP, LOG, EXPM1_BELOW, SOFTPLUS, LOGISTIC = range(5)


def of(which: int, x: np.ndarray) -> np.ndarray:
    x, y = np.ascontiguousarray(x), np.empty(x.size)
    pointers = (ctypes.c_void_p(one.ctypes.data) for one in (x, y))
    build.kernels().function(ctypes.c_int64(which), ctypes.c_int64(x.size), *pointers)
    return y


# --- functions ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="nothing exact to hold it against")
@pytest.mark.parametrize(
    ("which", "exact", "low", "high"),
    [(EXP, np.exp, -708.0, 709.7), (EXP, np.exp, -1.0, 1.0), (EXPM1_BELOW, np.expm1, -40.0, 0.0), (LOG, np.log, 0, 3)],
)
def test_functions_are_within_one_unit_in_the_last_place(which: int, exact: Any, low: float, high: float) -> None:
    rng = np.random.default_rng(which)
    x = rng.uniform(low, high, 100_000)
    if which == LOG:
        x = np.concatenate([x, np.exp(rng.uniform(-708, 709, 100_000)), 1 + 1e-9 * rng.normal(size=10_000)])
    if which == EXPM1_BELOW:
        x = np.concatenate([x, -np.exp(rng.uniform(-700, 0, 100_000))])
    known = exact(x.astype(np.longdouble))
    off = np.abs(of(which, x).astype(np.longdouble) - known) / np.spacing(np.abs(known.astype(np.float64)))
    assert float(off.max()) < 1.0


def test_functions_at_the_ends_of_the_numbers() -> None:
    ends = np.array(
        [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1e-310, -1.0, 709.7, 710.0, 1e308, -745.0, -746.0, -1e308]
    )
    with np.errstate(all="ignore"):
        for which, known in ((EXP, np.exp(ends)), (LOG, np.log(ends))):
            np.testing.assert_allclose(of(which, ends), known, rtol=3e-16, atol=0.0)
        below = ends[~(ends > 0.0)]
        np.testing.assert_allclose(of(EXPM1_BELOW, below), np.expm1(below), rtol=3e-16, atol=0.0)
        np.testing.assert_allclose(of(SOFTPLUS, ends), np.logaddexp(0.0, ends), rtol=1e-15, atol=0.0)
        np.testing.assert_allclose(of(LOGISTIC, ends), 1.0 / (1.0 + np.exp(-ends)), rtol=1e-15, atol=5e-324)


def test_a_number_alone_has_the_bits_that_it_has_among_others() -> None:
    x = np.random.default_rng(1).normal(size=100) * 30.0
    for which in (EXP, SOFTPLUS, LOGISTIC):
        assert same_bits(of(which, x), np.concatenate([of(which, one) for one in x[:, None]]))


# --- the choice ---------------------------------------------------------------------------------------------------


def test_numpy_is_used_unless_another_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(arithmetic.VARIABLE, raising=False)
    assert arithmetic_in_use() == "numpy"
    with using_arithmetic("compiled"):
        assert arithmetic_in_use() == "compiled"
        with using_arithmetic(None):
            assert arithmetic_in_use() == "compiled"
        with using_arithmetic("numpy"):
            assert arithmetic_in_use() == "numpy"
    monkeypatch.setenv(arithmetic.VARIABLE, "compiled")
    assert arithmetic_in_use() == "compiled"
    assert Ensemble(replicates=1).arithmetic == "compiled"
    assert Ensemble(replicates=1, arithmetic="numpy").arithmetic == "numpy"


def test_another_name_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputFault, match=r"arithmetic = 'compild': allowed is numpy or compiled; .*'compiled'"):
        Ensemble(replicates=1, arithmetic="compild")
    monkeypatch.setenv(arithmetic.VARIABLE, "fast")
    with pytest.raises(InputFault, match="DETENTE_ARITHMETIC = 'fast': allowed is numpy or compiled"):
        arithmetic_in_use()


def test_a_world_keeps_the_arithmetic_that_it_began_with() -> None:
    with using_arithmetic("compiled"):
        model = NegotiationModel(root_seed=5, replicate=2)
    ensemble = Ensemble(root_seed=5, replicates=[0, 1, 2], keep=[2], n_quarters=12, arithmetic="compiled").run()
    for _ in range(12):
        model.step()
    alone, among = model.tables(), ensemble.tables(2)
    for name, table in alone.items():
        assert table.equals(among[name]), name


def test_the_start_of_a_world_does_not_depend_on_the_arithmetic_that_first_asked_for_it() -> None:
    parameters = make_parameters({"nest_correlation": 0.4123})
    with using_arithmetic("compiled"):
        compiled = start.starting_point("2026", parameters)[3].markup.copy()
    with using_arithmetic("numpy"):
        start._begun.cache_clear()
        assert same_bits(compiled, start.starting_point("2026", parameters)[3].markup)


# --- compiling ----------------------------------------------------------------------------------------------------


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, nothing loaded."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(build, "kernels", build.kernels.__wrapped__)
    monkeypatch.delenv("CC", raising=False)
    return tmp_path / "detente"


def test_kernels_are_compiled_once_and_found_again(anew: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As fast code they have been compiled for the other tests; to be compiled fast is enough here.
    monkeypatch.setattr(build, "EXACT", ("-O0", *build.EXACT[1:]))
    build.kernels()
    made = list(anew.iterdir())
    assert len(made) == 1
    monkeypatch.setattr(build, "_compile", lambda *_: pytest.fail("compiled again"))
    build.kernels()
    assert list(anew.iterdir()) == made


def test_without_a_compiler_the_message_says_what_to_do(anew: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputFault, match=r"none of cc, gcc, clang is on the path; pip install 'detente\[fast\]'"):
        build.kernels()
    monkeypatch.setenv("CC", "nosuchcc -m32")
    with pytest.raises(InputFault, match="CC = 'nosuchcc' is not on the path"):
        build.kernels()
    assert not anew.exists()


def test_a_compiler_that_fails_leaves_nothing_behind(anew: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "SOURCES", ("arithmetic.h",))
    monkeypatch.setenv("CC", "false")
    with pytest.raises(InputFault, match=r"kernels cannot be compiled with .*false"):
        build.kernels()
    assert not list(anew.iterdir())


def test_a_compiler_that_fuses_is_refused(anew: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Fuses:
        @staticmethod
        def is_exact() -> int:
            return 0

    # What was compiled is not looked at, so nothing is.
    monkeypatch.setattr(build, "_compile", lambda compiler, library: library.touch())
    monkeypatch.setattr(build.ctypes, "CDLL", lambda _: Fuses)
    with pytest.raises(InputFault, match="fuses products with sums"):
        build.kernels()


# --- whole runs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lanes", [1, 13, 45])
def test_narrow_and_wide_bundles_have_the_same_bits(lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for many in (1, 1000):
        monkeypatch.setattr(build, "MANY_LANES", many)
        run = Ensemble("2026", 5, lanes, keep=[0, lanes - 1], n_quarters=9, arithmetic="compiled").run()
        found.append([run.summary(), *run.tables(0).values(), *run.tables(lanes - 1).values()])
    for wide, narrow in zip(*found, strict=True):
        pd.testing.assert_frame_equal(wide, narrow, check_exact=True)


def test_rows_that_several_markets_read_are_those_of_the_lane() -> None:
    """Of so many lanes that rows of them make bundles, the last of which overlap."""
    one, last = 137, 259
    many = Ensemble("2026", 5, last + 1, keep=[one, last], n_quarters=9, arithmetic="compiled").run()
    for number in (one, last):
        alone = Ensemble("2026", 5, [number], keep=[number], n_quarters=9, arithmetic="compiled").run()
        for among, single in zip(many.tables(number).values(), alone.tables(number).values(), strict=True):
            pd.testing.assert_frame_equal(among, single, check_exact=True)


N_RUNS, CLOSE = 24, 1e-12


def test_whole_runs_agree_with_numpy_until_a_decision_stands_on_an_edge(
    record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [Ensemble(replicates=N_RUNS, keep=range(N_RUNS), arithmetic=name).run() for name in ("numpy", "compiled")]
    decided, far, columns = 0, set(), set()
    for replicate in range(N_RUNS):
        numpy, compiled = (run.tables(replicate) for run in runs)
        packages = [tables["dyad"]["package"].to_numpy() for tables in (numpy, compiled)]
        if not np.array_equal(*packages):
            decided += 1
            continue
        for name, table in numpy.items():
            for column in table.select_dtypes("number").columns:
                columns.add((name, column))
                ours, theirs = (one[column].to_numpy(np.float64) for one in (table, compiled[name]))
                scale = np.maximum(np.abs(ours), 1.0)
                if not (np.abs(ours - theirs) <= CLOSE * scale)[~np.isnan(ours)].all():
                    far.add((name, column))
    record_property("columns_that_agree", f"{len(columns) - len(far)} of {len(columns)}")
    record_property("runs_in_which_a_decision_differs", f"{decided} of {N_RUNS}")
    with capsys.disabled():
        print(f"\n{len(columns) - len(far)} of {len(columns)} columns agree to {CLOSE}; ", end="")
        print(f"a decision differs in {decided} of {N_RUNS} runs")
    assert not far
    assert decided <= 1
    assert not runs[0].summary().equals(runs[1].summary()), "the kernels were not used"
