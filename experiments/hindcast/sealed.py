"""A forecast of quarters that nobody knows yet: made, sealed under a digest, and read back only if it is unchanged.

An ensemble over luck and over the assumption sample gives quantiles of every EV duty and EV share and chances of
agreements, quarter by quarter. Beside them stands what is known before the first quarter, the forecast of who expects
no change. The file is JSON: ``forecast``, what is said, and ``sha256``, the digest of its text in one fixed spelling.
Whoever changes a digit must change the digest, so publish the digest where it cannot be changed.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from experiments.findings.assumed import weighted_quantile
from experiments.hindcast.assumptions import WEIGHT, load_assumptions, load_sample, settings
from experiments.hindcast.evidence import BLOCS, DIRECTED, DYADS, QUARTERS
from experiments.hindcast.work import Mapped
from experiments.store.files import check_writable, reported, write_whole
from experiments.store.manifest import software
from model import Ensemble, InputFault, Scenario, evidence_table, load_scenario, seeds_directory, shown

SUBJECT: Final = "forecast"
FOLDER: Final = "forecasts"
FORMAT: Final = 1
#: Probabilities of the quantiles.
LEVELS: Final = tuple(round(0.05 * step, 2) for step in range(1, 20))
DIGITS: Final = 6
ANOTHER: Final = "name a file that detente forecast wrote"
MOST_REPLICATES: Final = 1024  # of a row

Quarter = Annotated[str, Field(pattern=r"^\d{4}(Q[1-4])?$")]
Label = Annotated[str, Field(pattern=r"^\d{4}Q[1-4]$")]
Share = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Quantiles = Annotated[list[Share], Field(min_length=len(LEVELS), max_length=len(LEVELS))]
Chance = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Pair = Literal["CN<US", "US<CN", "CN<EU", "EU<CN", "US<EU", "EU<US"]
Bloc = Literal["CN", "US", "EU"]
Dyad = Literal["CN-US", "CN-EU", "US-EU"]


class Part(BaseModel):
    """A part of a forecast; unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Before(Part):
    """What is known before the first quarter: duties at the end of the one before, EV shares of the year before."""

    duties: dict[Pair, Share]
    ev_shares: dict[Bloc, Share]


class Forecast(Part):
    """What a forecast says. duties, ev_shares: quantiles at ``levels``, by entity and quarter; EV shares also by whole
    year, the mean of its quarters. agreements: the chance that a dyad passes one in the quarter."""

    format: Literal[1]
    made: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    scenario: str
    title: str
    quarters: Annotated[list[Label], Field(min_length=1)]
    levels: list[float]
    root_seed: str
    replicates: int
    sample: dict[str, Any]
    software: dict[str, Any]
    before: Before
    duties: dict[Pair, dict[Quarter, Quantiles]]
    ev_shares: dict[Bloc, dict[Quarter, Quantiles]]
    agreements: dict[Dyad, dict[Label, Chance]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Everything is said of every entity and quarter."""
        for said, names in ((self.duties, DIRECTED), (self.ev_shares, BLOCS), (self.agreements, DYADS)):
            assert set(said) == set(names), f"{', '.join(names)} must all be there"
            assert all(set(self.quarters) <= set(by_quarter) for by_quarter in said.values()), "a quarter is missing"
        assert set(self.before.duties) == set(DIRECTED) and set(self.before.ev_shares) == set(BLOCS), (
            "before lacks some"
        )
        assert self.levels == list(LEVELS), "levels are others"
        return self


class Played(NamedTuple):
    """What replicates (R) of one row gave in the quarters asked for (q).

    duty (R, 6, q); ev_share (R, m, q); signed (R, d, q).
    """

    duty: np.ndarray
    ev_share: np.ndarray
    signed: np.ndarray


Task = tuple[str, dict[str, Any], int, range, int, int]


def play_task(task: Task) -> Played:
    """Play one row: scenario, parameters, root seed, replicates, quarters before the first and in all."""
    scenario, chosen, root_seed, block, first, n_quarters = task
    ensemble = Ensemble(scenario, root_seed, block, chosen, keep=block, lanes=len(block), n_quarters=n_quarters)
    ((_, world),) = ensemble.worlds()
    signed = [world.state.n_signed + world.state.n_renewed]
    while world.state.quarter < n_quarters:
        world.step()
        signed.append(world.state.n_signed + world.state.n_renewed)
    record = world.recorder
    passed = np.diff(np.stack(signed, axis=-1), axis=-1)
    return Played(
        *(x[..., first:] for x in (record.series("directed", "duty_ev"), record.series("bloc", "ev_share"), passed))
    )


def make(
    scenario: str,
    first: str | None,
    last: str,
    mapped: Mapped,
    root_seed: int,
    n_rows: int | None = None,
    replicates: int = 8,
) -> Forecast:
    """A forecast of the quarters first (None: the scenario's first) to last.

    n_rows: rows of the assumption sample, from the first on; None: all. replicates: of every row.

    Raises:
        InputFault: the scenario, its quarters, the numbers of rows or replicates are not usable.
    """
    start, plan = load_scenario(scenario), load_assumptions()
    check_governments(start)
    sample, digest = load_sample(plan)
    first = start.first_quarter if first is None else first
    at, n_quarters = _span(start, first, last)
    used = _rows_of(sample, n_rows, replicates)
    tasks: list[Task] = [
        (scenario, settings(row.drop(WEIGHT)), root_seed, range(i * replicates, (i + 1) * replicates), at, n_quarters)
        for i, (_, row) in enumerate(used.iterrows())
    ]
    played = [np.concatenate(parts) for parts in zip(*mapped(play_task, tasks), strict=True)]
    weights = np.repeat(used[WEIGHT].to_numpy(np.float64), replicates)
    quarters = [start.quarter_label(t) for t in range(at, n_quarters)]
    return Forecast.model_validate(
        {
            "format": FORMAT,
            "made": datetime.now(UTC).date().isoformat(),
            "scenario": scenario,
            "title": start.title,
            "quarters": quarters,
            "levels": list(LEVELS),
            "root_seed": str(root_seed),
            "replicates": replicates,
            "sample": {"declaration": plan.digest, "sha256": digest, "rows": len(used)},
            "software": software(),
            "before": known_before(first),
            **_said(Played(*played), quarters, weights),
        }
    )


def check_governments(start: Scenario) -> None:
    """Refuse a scenario of other governments than those of the record that forecasts are held against.

    Raises:
        InputFault: says whose forecasts are sealed.
    """
    if start.parties.blocs != BLOCS:
        fault = (
            f"scenario {start.name} is of {', '.join(start.parties.blocs)}: the sealed forecasts are of China, the US "
            "and the EU alone, against whose record they are held; name a scenario of these three"
        )
        raise InputFault([fault], SUBJECT)


def _said(played: Played, quarters: list[str], weights: np.ndarray) -> dict[str, Any]:
    """Quantiles and chances by entity and quarter; weights (R,) of the replicates."""

    def quantiles(values: np.ndarray) -> list[float]:
        return [round(weighted_quantile(values, weights, level), DIGITS) for level in LEVELS]

    def chance(passed: np.ndarray) -> float:
        return round(float(np.sum(weights * (passed > 0)) / np.sum(weights)), DIGITS)

    whole = {q: played.ev_share[..., t] for t, q in enumerate(quarters)}
    for year in dict.fromkeys(label[:4] for label in quarters):
        places = [t for t, label in enumerate(quarters) if label[:4] == year]
        if len(places) == QUARTERS:
            whole[year] = np.mean(played.ev_share[..., places], axis=-1)
    return {
        "duties": {
            pair: {q: quantiles(played.duty[:, i, t]) for t, q in enumerate(quarters)}
            for i, pair in enumerate(DIRECTED)
        },
        "ev_shares": {bloc: {q: quantiles(x[:, m]) for q, x in whole.items()} for m, bloc in enumerate(BLOCS)},
        "agreements": {
            dyad: {q: chance(played.signed[:, d, t]) for t, q in enumerate(quarters)} for d, dyad in enumerate(DYADS)
        },
    }


def known_before(first: str) -> Before:
    """The last duties and EV shares that the evidence has from before a quarter.

    Raises:
        InputFault: it has none for a pair or a bloc.
    """
    duties: dict[str, tuple[str, float]] = {}
    for row in evidence_table("tariffs_quarterly.csv"):
        pair = f"{row['importer']}<{row['exporter']}"
        quarter = label_of(row["quarter"])
        if row["product"] == "ev" and pair in DIRECTED and quarter < first:
            duties[pair] = max(duties.get(pair, ("", 0.0)), (quarter, float(row["rate_end"])))
    shares: dict[str, tuple[str, float]] = {}
    for row in evidence_table("ev_share.csv"):
        if row["bloc"] in BLOCS and row["year"] < first[:4]:
            shares[row["bloc"]] = max(shares.get(row["bloc"], ("", 0.0)), (row["year"], float(row["ev_share"])))
    if missing := [name for name in (*DIRECTED, *BLOCS) if name not in {**duties, **shares}]:
        fault = f"the evidence has nothing of {', '.join(missing)} before {first}; begin with a later quarter"
        raise InputFault([fault], SUBJECT)
    known = [{name: value for name, (_, value) in table.items()} for table in (duties, shares)]
    return Before.model_validate({"duties": known[0], "ev_shares": known[1]})


def label_of(quarter: str) -> str:
    """A quarter of the evidence, 2026-Q4, as scenarios write it: 2026Q4."""
    return quarter.replace("-", "")


def _span(start: Scenario, first: str, last: str) -> tuple[int, int]:
    """Quarters before the first one, and in all to the end of the last."""
    ends = (start.first_quarter, start.quarter_label(start.n_quarters - 1))
    places = []
    for name, label in (("--from", first), ("--until", last)):
        places.append(start.quarter_index(label) if re.fullmatch(r"\d{4}Q[1-4]", label) else -1)
        if not 0 <= places[-1] < start.n_quarters:
            fault = f"{name} {shown(label)}: allowed is a quarter of the scenario, {ends[0]} to {ends[1]}"
            raise InputFault([fault], SUBJECT)
    if places[0] > places[1]:
        raise InputFault([f"--from {first} --until {last}: the last quarter is before the first; swap them"], SUBJECT)
    return places[0], places[1] + 1


def _rows_of(sample: pd.DataFrame, n_rows: int | None, replicates: int) -> pd.DataFrame:
    if n_rows is not None and not 1 <= n_rows <= len(sample):
        raise InputFault([f"--rows {n_rows}: allowed is 1 to {len(sample)}, the rows of the sample"], SUBJECT)
    if not 1 <= replicates <= MOST_REPLICATES:
        fault = f"--replicates {replicates}: allowed is 1 to {MOST_REPLICATES}, of every row of the sample"
        raise InputFault([fault], SUBJECT)
    return sample if n_rows is None else sample.iloc[:n_rows]


# --- the seal --------------------------------------------------------------------------------------------------------


def digest_of_forecast(said: Any) -> str:
    """The digest of what a forecast says, in one spelling: keys in order, no blanks."""
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def usual_file(scenario: str, first: str, last: str) -> File:
    """Where a forecast lies if nothing else is said: in ``seeds/forecasts``, named after what it is of."""
    return seeds_directory() / FOLDER / f"{File(scenario).stem}-{first}-{last}.json"


def check_free(file: File) -> None:
    """Refuse to write over a forecast, or over anything.

    Raises:
        InputFault: there is such a file, or its folder cannot be made.
    """
    if file.exists() or file.is_symlink():
        fault = f"'{file}' is there already, and a forecast is never written over; name another file with --out"
        raise InputFault([fault], SUBJECT)
    with reported(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
    check_writable(file)


def write_sealed(file: File, forecast: Forecast) -> str:
    """Write a forecast and its seal; the digest.

    Raises:
        InputFault: there is such a file, or it cannot be written.
    """
    check_free(file)
    said = forecast.model_dump(mode="json")
    sealed = {"sha256": digest_of_forecast(said), "forecast": said}
    text = json.dumps(sealed, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
    write_whole(file, lambda path: path.write_text(text, encoding="utf-8"))
    return str(sealed["sha256"])


def read_sealed(file: File) -> tuple[Forecast, str]:
    """A forecast and its digest, if nothing of it was changed since it was sealed.

    Raises:
        InputFault: there is no such file, it is no sealed forecast, or it was changed.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputFault([f"'{file}' cannot be read: {why}; {ANOTHER}"], SUBJECT) from None
    try:
        sealed = json.loads(text)
        said, told = sealed["forecast"], sealed["sha256"]
        digest = digest_of_forecast(said)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputFault([f"'{file}' is no sealed forecast; {ANOTHER}"], SUBJECT) from None
    if digest != told or set(sealed) != {"forecast", "sha256"}:
        fault = f"'{file}' was changed after it was sealed: its digest is {digest[:16]}, its seal says {told!s:.16}"
        raise InputFault([f"{fault}; score the file as it was written"], SUBJECT)
    try:
        return Forecast.model_validate(said), digest
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "what it says"
        fault = f"'{file}': {where} is not what this version reads; score it with the version that made it"
        raise InputFault([fault], SUBJECT) from None
