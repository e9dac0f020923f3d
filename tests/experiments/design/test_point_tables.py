"""Tables of design points, as editors and spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from experiments.design.plan_file import load_plan
from experiments.design.point_tables import EVERY, read_table
from experiments.display import console
from experiments.findings.findings import find
from experiments.running.runner import run_plan
from experiments.store.kept import plan_of
from model import InputFault

PLAN = 'title = "t"\nquestion = "q"\nscenario = "2026"\nreplicates = 2\ndesign = "table"\ntable = "x.csv"\n'
TWO = [{"linkage_scale": 0, "supply_scale": 1}, {"linkage_scale": 1, "supply_scale": 4}]
READ = {
    "plain": ("linkage_scale,supply_scale\n0,1\n1,4\n", TWO),
    "byte order mark": ("\ufefflinkage_scale,supply_scale\n0,1\n1,4\n", TWO),
    "blanks": (" linkage_scale , supply_scale\n0, 1 \n 1,4\n", TWO),
    "CRLF": ("linkage_scale,supply_scale\r\n0,1\r\n1,4\r\n", TWO),
    "CR": ("linkage_scale,supply_scale\r0,1\r1,4\r", TWO),
    "an empty last row": ("linkage_scale,supply_scale\n0,1\n1,4\n,\n,\n", TWO),
    "an empty last column": ("linkage_scale,supply_scale,\r\n0,1,\r\n1,4,\r\n", TWO),
    "an empty column within": ("linkage_scale,,supply_scale\n0,,1\n1,,4\n", TWO),
    "empty rows within": ("\n\nlinkage_scale,supply_scale\n0,1\n\n,\n1,4\n", TWO),
    "semicolons": ("linkage_scale;supply_scale\n0;1\n1;4\n", TWO),
    "tabs": ("linkage_scale\tsupply_scale\n0\t1\n1\t4\n", TWO),
    "a told separator": ("sep=;\nlinkage_scale;supply_scale\n0;1\n1;4\n", TWO),
    "quotes": ('"linkage_scale","supply_scale"\n"0","1"\n"1","4"\n', TWO),
    "fractions": ("linkage_scale\n0\n0.5\n1e0\n", [{"linkage_scale": x} for x in (0.0, 0.5, 1.0)]),
    "switches": ("tariff_issues\nTRUE\nfalse\n", [{"tariff_issues": True}, {"tariff_issues": False}]),
    "an index": (",linkage_scale\n0,1\n1,0\n", [{"id": 0, "linkage_scale": 1}, {"id": 1, "linkage_scale": 0}]),
}
REFUSED = {
    "Windows-1252": ("name,linkage_scale\nStraße,0\n".encode("cp1252"), ("line 2", "0xDF", "CSV UTF-8", "iconv")),
    "UTF-16 without a mark": ("name,linkage_scale\nß,0\n".encode("utf-16-le"), ("zero bytes", "CSV UTF-8")),
    "two of a name": (b"linkage_scale,linkage_scale \n1,2\n", ("'linkage_scale' heads two columns",)),
    "values without a name": (b"linkage_scale,,supply_scale\n1,5,2\n", ("column 2 has values and no name",)),
    "holes": (
        b"linkage_scale,supply_scale\n1,1\n1,\n1,\n", ("row 2 has no value in column 'supply_scale' (and 1 more)",)
    ),
    "nothing": (b"", ("0 rows",)),
    "commas only": (b",,\n,,\n", ("0 rows",)),
}  # fmt: skip


def of(folder: Path, data: bytes | str) -> list[str]:
    (folder / "x.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "x.toml").write_text(PLAN, encoding="utf-8")
    try:
        load_plan(folder / "x.toml")
    except InputFault as fault:
        return list(fault.faults)
    return []


@pytest.mark.parametrize("what", READ)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_what_spreadsheets_write_is_read(what: str, encoding: str, tmp_path: Path) -> None:
    text, rows = READ[what]
    (tmp_path / "x.csv").write_bytes(text.encode(encoding))
    assert read_table(tmp_path / "x.csv") == (rows, "") or (text.startswith("\ufeff") and encoding != "utf-8")


@pytest.mark.parametrize("what", REFUSED)
def test_what_can_be_read_in_two_ways_is_refused_in_one_line(what: str, tmp_path: Path) -> None:
    data, says = REFUSED[what]
    (fault,) = of(tmp_path, data)
    assert [part for part in says if part not in fault] == [], fault
    assert "\n" not in fault


@pytest.mark.parametrize(
    "names", [("NA", "nan", "None"), ("1", "02", "3.0"), ("true", "[b]", "-"), ("ß", "对话", "a;b")]
)
def test_names_stay_as_they_are_written(names: tuple[str, ...], tmp_path: Path) -> None:
    rows = "".join(f"{name},{number / 10}\n" for number, name in enumerate(names))
    assert of(tmp_path, "name,generosity\n" + rows) == []
    assert load_plan(tmp_path / "x.toml").arms == names


@pytest.mark.parametrize(
    ("ids", "kept"), [(("7", "8"), (7, 8)), (("007", "8"), ("007", "8")), (("NA", "1"), ("NA", "1"))]
)
def test_ids_go_into_the_results(ids: tuple[str, str], kept: tuple[object, ...], tmp_path: Path) -> None:
    from sample_runs import made_up

    assert of(tmp_path, f"generosity,id\n0.1,{ids[0]}\n0.2,{ids[1]}\n") == []
    plan = load_plan(tmp_path / "x.toml")
    assert plan.ids == kept and [factor.name for factor in plan.factors] == ["generosity"]
    results = run_plan(plan, tmp_path / "r", 1, work=made_up).results
    runs = pd.read_parquet(tmp_path / "r" / "runs")
    assert dict(zip(runs["design_point"], runs["id"], strict=True)) == dict(enumerate(kept))
    cells = find(plan, results).cells
    assert dict(zip(cells["design_point"], cells["id"], strict=True)) == dict(enumerate(kept))
    assert "id" in results.manifest["columns"]
    again = plan_of(results)  # as the report reads it
    assert again.ids == kept and len(find(again, results).cells) == len(cells)


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ("id,generosity\nB,0.1\nA,0.2\n", "design point 0, its id: 'A' in the results, 'B' now"),
        ("id,generosity\nA,0.1\nb,0.2\n", "design point 1, its id: 'B' in the results, 'b' now"),
        ("generosity\n0.1\n0.2\n", "design point 0, its id: 'A' in the results, none now"),
        ('id,generosity\r\n"A",0.10\r\nB,0.2\r\n', ""),
    ],
)
def test_rows_that_are_known_by_other_ids_are_other_rows(now: str, says: str, tmp_path: Path) -> None:
    from sample_runs import made_up

    assert of(tmp_path, "id,generosity\nA,0.1\nB,0.2\n") == []
    run_plan(load_plan(tmp_path / "x.toml"), tmp_path / "r", 1, work=made_up)
    assert of(tmp_path, now) == []
    plan = load_plan(tmp_path / "x.toml")
    if not says:
        assert run_plan(plan, tmp_path / "r", 1, work=made_up).n_before == 4
        return
    with pytest.raises(InputFault, match=says):
        run_plan(plan, tmp_path / "r", 1, work=made_up)


def test_a_fault_of_many_rows_is_one_line_and_quick(tmp_path: Path) -> None:
    rows = "".join(f"{2 + k / 1e4:.4f},1,{'0,5' if k else '1'}\n".replace("0,5", '"0,5"') for k in range(3000))
    faults = of(tmp_path, "generosity,generocity,linkage_scale\n" + rows)
    assert len(faults) == 3
    assert faults[0].startswith("row 1: generosity = 2: allowed is") and faults[0].endswith("(and 2999 more)")
    assert "'generosity'" in faults[1] and faults[1].endswith("(and 2999 more)")
    assert faults[2] == "row 2: linkage_scale = '0,5': decimals have a point: write 0.5 (and 2998 more)"
    names = "".join(f"{'same' if k else 'first'},0.1\n" for k in range(50))
    (fault,) = of(tmp_path, "name,generosity\n" + names)
    assert fault == "row 3: name = 'same' (text in quotes): allowed is a text that no other one has (and 47 more)"


def test_long_reading_is_told(tmp_path: Path) -> None:
    heard: list[float] = []
    (tmp_path / "x.csv").write_text("generosity\n" + "0.1\n" * (3 * EVERY), encoding="utf-8")
    read_table(tmp_path / "x.csv", lambda done, total: heard.append(done / total))
    assert len(heard) == 3 and heard == sorted(heard) and 0.9 < heard[-1] <= 1.0
    assert console.PATIENCE == 2.0


def test_names_and_ids_in_parquet(tmp_path: Path) -> None:
    pd.DataFrame({"name": [1, 2], "id": ["a", "b"], "generosity": [0.1, 0.2]}).to_parquet(tmp_path / "x.parquet")
    rows, fault = read_table(tmp_path / "x.parquet")
    assert fault == "" and [row["name"] for row in rows] == ["1", "2"]
    pd.DataFrame({"generosity": [0.1, None, None]}).to_parquet(tmp_path / "x.parquet")
    assert "row 2 has no value in column 'generosity' (and 1 more)" in read_table(tmp_path / "x.parquet")[1]
