"""An emulator: the answers of the ensemble within a box of inputs, and how sure it is of them. Needs NumPy alone.

It was made by ``training.py`` from runs of a plan. For every outcome it holds three curves, each a weighted sum of
kernels (every one the sum of two Materns) around the design points, the mean of a Gaussian process: the mean over luck,
and the ends of the chance band, between which lie nine in ten runs. Around the mean stands the emulator's band: in nine
of ten settings that it was not made from, a mean over runs of other luck lay in it.

>>> from experiments.emulation.emulator import Emulator
>>> emulator = Emulator.load("emulator.json")               # doctest: +SKIP
>>> emulator.predict(dialogue_ceiling=1.0)["mean_depth", "CN-EU"].mean    # doctest: +SKIP
0.41
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from experiments.store.sources import code_fingerprint
from model import InputFault, __version__, by_flat_name, named_twice, nearest, shown

FloatArray = npt.NDArray[np.float64]

FORM: Final = "detente emulator 2"
COPY_AGAIN: Final = "copy it again whole, or make it again: detente emulate PLAN"
CURVES: Final = ("mean", "run_low", "run_high")
ROOT_5: Final = math.sqrt(5.0)


class Answer(NamedTuple):
    """What an emulator says of an outcome, in the outcome's own unit.

    mean: over luck; low, high: the emulator's band, where a mean over runs lies; run_low, run_high: the chance band,
    between which nine in ten single runs lie. A yes or no has no chance band: its mean is the share of runs. All are
    NaN where no run has the outcome: cooperation that is there from the start can be kept, but cannot emerge.
    """

    mean: float
    low: float
    high: float
    run_low: float | None
    run_high: float | None


class Answers(dict[tuple[str, str], Answer]):
    """Answers by outcome and the pair, side of a pair or bloc that it is about."""

    def __missing__(self, key: object) -> Answer:
        """Say what there is, where it has not what was asked.

        Raises:
            InputFault: always.
        """
        names = dict.fromkeys(outcome for outcome, _ in self)
        outcome, where = key if isinstance(key, tuple) and len(key) == 2 else (key, "")
        if outcome in names:
            what = "where: " + ", ".join(repr(place) for name, place in self if name == outcome)
        else:
            what = nearest(str(outcome), names) or "outcomes: " + ", ".join(names)
        asked = f"{shown(outcome)}, {shown(where)}"
        raise InputFault([f"[{asked}] is not an answer of this emulator; ask for [outcome, where]; {what}"], "emulator")


class Emulator:
    """Answers at any point of a box of inputs. ``told`` is the whole file; ``inputs`` and ``outputs`` are its parts."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        """Take an emulator from what its file says.

        Raises:
            InputFault: it was made by another version of the model, or from other code, than are here.
        """
        check_origin(told)
        self.told = told
        self.inputs: list[dict[str, Any]] = told["inputs"]
        self.outputs: list[dict[str, Any]] = told["outputs"]
        self._names = [one["name"] for one in self.inputs]
        self._keys = [(str(one["outcome"]), str(one["where"])) for one in self.outputs]
        self._points = _numbers(told["points"]).T.copy()  # (input, point)
        self._nearness = _numbers([one["lengths"] for one in self.outputs]) ** -2.0  # (output, Matern, input)
        self._shares = _numbers([one["shares"] for one in self.outputs])[..., None]
        self._weights = _numbers([[one[curve]["weights"] for curve in CURVES] for one in self.outputs])
        self._offset = _numbers([[one[curve]["offset"] for curve in CURVES] for one in self.outputs])
        self._ends = _numbers([one["limits"] for one in self.outputs]).T
        self._width = _numbers([one["width"] for one in self.outputs])
        self._floor = _numbers([one["floor"] for one in self.outputs])
        self._is_yes_no = np.array([one["is_yes_no"] for one in self.outputs], dtype=bool)
        n_inputs, n_points = self._points.shape
        n_outputs, n_materns, _ = self._shares.shape
        shapes = (n_outputs, len(CURVES), n_points), (n_outputs, n_materns, n_inputs)
        if (self._weights.shape, self._nearness.shape) != shapes or n_inputs != len(self.inputs):
            raise ValueError("points, lengths and weights do not belong together")
        # An output that only some runs have: whether an other's share of runs must be high, or low, for it to be there.
        only = [one["only"] or (k, None) for k, one in enumerate(self.outputs)]
        self._asks = np.array([k for k, _ in only])
        self._wants = np.array([bool(wanted) for _, wanted in only])
        self._always = np.array([wanted is None for _, wanted in only])

    @classmethod
    def load(cls, path: str | Path) -> Emulator:
        """The emulator in a file that ``detente emulate`` wrote.

        Raises:
            InputFault: there is no such file, it holds something else or is damaged, or it was made by another version
                of the model or from other code.
        """
        if not isinstance(path, (str, Path)) or not str(path).strip() or Path(path).is_dir():
            came = f"'{path}' is a folder" if isinstance(path, (str, Path)) and str(path).strip() else shown(path)
            fault = f"{came}: allowed is the path of a file that detente emulate wrote, such as emulator.json"
            raise InputFault([fault], "emulator")
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise InputFault([f"'{path}' cannot be read: {error.strerror or error}"], "emulator") from None
        try:
            told = json.loads(data)
        except (ValueError, RecursionError) as error:
            if fault := damage_of(data, error):
                raise InputFault([f"'{path}' is damaged: {fault}; {COPY_AGAIN}"], "emulator") from None
            told = None
        if not isinstance(told, dict) or told.get("form") != FORM:
            raise InputFault([f"'{path}' is no emulator; allowed is a file that detente emulate wrote"], "emulator")
        try:
            return cls(told)
        except InputFault:
            raise
        except (KeyError, IndexError, TypeError, ValueError):
            raise InputFault([f"'{path}' is damaged; {how_to_make(told)}"], "emulator") from None

    def predict(self, settings: Mapping[str, float | str] | None = None, **more: float | str) -> Answers:
        """Every outcome at a setting: by outcome and the pair, side of a pair or bloc that it is about.

        settings, more: inputs by name, in their own units or by the name of a level (``dialogue_ceiling="leaders"``);
        one that is not named has its usual value.

        Raises:
            InputFault: an input is unknown, comes twice, or lies outside the box.
        """
        if twice := named_twice([*(settings or {}), *more]):
            raise InputFault(twice, "emulator")
        means, low, high, run_low, run_high = (row.tolist() for row in self.arrays({**(settings or {}), **more}))
        return Answers(
            (key, Answer(means[k], low[k], high[k], *((None, None) if yes_no else (run_low[k], run_high[k]))))
            for k, (key, yes_no) in enumerate(zip(self._keys, self._is_yes_no.tolist(), strict=True))
        )

    def arrays(self, settings: Mapping[str, float | str]) -> tuple[FloatArray, ...]:
        """As ``predict``: mean, low, high, run_low and run_high, each an array in the order of ``outputs``.

        Raises:
            InputFault: as ``predict``.
        """
        return self.at(self.place(settings))

    def place(self, settings: Mapping[str, float | str]) -> FloatArray:
        """Where a setting lies in the box: one number from 0 to 1 an input.

        Raises:
            InputFault: as ``predict``.
        """
        named, twice = by_flat_name(settings)
        faults = twice + [
            f"{shown(name)} is not an input of this emulator; "
            f"{nearest(str(name), self._names) or 'inputs: ' + ', '.join(self._names)}"
            for name in named
            if name not in self._names
        ]
        values = [_level(one["name"], named.get(one["name"], one["usual"])) for one in self.inputs]
        faults += [_fault(one, value) for one, value in zip(self.inputs, values, strict=True) if _fault(one, value)]
        if faults:
            raise InputFault(faults, "emulator")
        return np.array([share_of(one, float(value)) for one, value in zip(self.inputs, values, strict=True)])

    def at(self, place: FloatArray) -> tuple[FloatArray, ...]:
        """As ``arrays``, at a place in the box, (inputs,) numbers from 0 to 1."""
        mean, run_low, run_high = curves = self.curves(place)
        half = self._width * self.spread(curves)
        low, high = np.clip([mean - half, mean + half], *self._ends[:, None, :])
        there = self._always | ((mean[self._asks] >= 0.5) == self._wants)
        answers = np.where(there, [mean, low, high, run_low, run_high], np.nan)
        return tuple(answers)

    def curves(self, place: FloatArray) -> FloatArray:
        """The curves at a place, (mean, run_low and run_high, output), within their limits."""
        apart = (self._points - place[:, None]) ** 2.0
        distance = ROOT_5 * np.sqrt(self._nearness @ apart)
        materns = (1.0 + distance + distance**2.0 / 3.0) * np.exp(-distance)  # (output, Matern, point)
        kernel = (self._shares * materns).sum(axis=1)
        found = self._offset + (self._weights @ kernel[:, :, None])[:, :, 0]
        curves: FloatArray = np.clip(found.T, *self._ends[:, None, :])
        curves[2] = np.maximum(curves[1], curves[2])
        return curves

    def spread(self, curves: FloatArray) -> FloatArray:
        """By how much luck moves a run, as ``curves`` say, and never next to nothing: what bands are scaled with."""
        mean, run_low, run_high = curves
        own = np.where(self._is_yes_no, np.sqrt(np.abs(mean * (1.0 - mean))), 0.5 * (run_high - run_low))
        return np.asarray(own + self._floor)


def damage_of(data: bytes, error: Exception) -> str:
    """Where a file that begins as one of an emulator's form ends or breaks, in words; empty: it begins otherwise."""
    if not data:
        return "it is empty"
    if not data.lstrip().startswith(b'{"') or not isinstance(error, json.JSONDecodeError):
        return ""
    place = f"line {error.lineno}, column {error.colno}"
    is_cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
    return f"it ends too early, after {len(data)} bytes" if is_cut else f"it is no JSON from {place} on"


def check_origin(told: Mapping[str, Any]) -> None:
    """Refuse an emulator that speaks of another model than the one that is here.

    Raises:
        InputFault: says what it was made by, and what to do.
    """
    again = how_to_make(told)
    if told.get("version") != __version__:
        fault = f"it was made by version {told.get('version')} of the model, and this is {__version__}; {again}"
        raise InputFault([fault], "emulator")
    if told.get("code_sha256") != code_fingerprint():
        fault = "the model's code or numbers have changed since it was made, so it would speak of another model"
        raise InputFault([f"{fault}; {again}"], "emulator")


def _numbers(of: Any) -> FloatArray:
    return np.array(of, dtype=np.float64)


def how_to_make(told: Mapping[str, Any]) -> str:
    """What to do about an emulator that cannot be used."""
    return f"make it again: detente emulate {told.get('plan', 'PLAN')}"


def _level(name: str, value: Any) -> Any:
    """The number of a level that is given by its name; anything else as it is."""
    return _levels(name).get(value, value) if isinstance(value, str) else value


def _levels(name: str) -> Mapping[str, float]:
    """The names of a parameter's levels; read only where somebody gives one, for they take more than NumPy."""
    from model import PARAMETERS

    spec = PARAMETERS.get(name)
    return {} if spec is None else spec.aliases


def _fault(one: Mapping[str, Any], value: object) -> str:
    """What is wrong with the value of an input (empty: nothing)."""
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    kind = "a whole number" if one["is_whole"] else "a number"
    if is_number and one["low"] <= value <= one["high"] and (not one["is_whole"] or float(value).is_integer()):  # type: ignore[arg-type]
        return ""
    allowed = f"{kind} from {one['low']:g} to {one['high']:g}, the box in which the emulator was made"
    if isinstance(value, str) and (names := _levels(one["name"])):
        near = nearest(value, names)
        allowed += f"; levels by name: {', '.join(names)}{f'; {near}' if near else ''}"
    return f"{one['name']} = {shown(value)}: allowed is {allowed}"


def share_of(one: Mapping[str, Any], value: float) -> float:
    """Where the value of an input lies between the ends of its range, from 0 to 1."""
    low, high = one["low"], one["high"]
    if one["scale"] == "log":
        return math.log(value / low) / math.log(high / low)
    return float((value - low) / (high - low))
