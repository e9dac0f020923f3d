"""Every pin has the digests of its files, so that nothing else can be installed under its name."""

from __future__ import annotations

import pinned
import pytest


@pytest.mark.promise
@pytest.mark.parametrize("version", pinned.PYTHONS)
def test_every_pin_has_its_digests(version: str) -> None:
    assert pinned.faults(*pinned.texts(version)) == [], "make them again: make hashes, on this Python"


def test_planted_faults_of_digests_are_found() -> None:
    good = f"a==1 \\\n    --hash=sha256:{'0' * 64}\nb-c==2.0 \\\n    --hash=sha256:{'1' * 64}"
    good += f" \\\n    --hash=sha256:{'2' * 64}\n"
    constraints = "A==1\nb-c==2.0\n"
    assert pinned.faults(constraints, good) == []
    assert pinned.faults(constraints + "d==3\n", good) == ["d==3: pinned and without digests"]
    assert pinned.faults("A==1\n", good) == ["b-c==2.0: not what is pinned"]
    for old, new in (("1" * 64, "1" * 63), ("a==1 \\\n    --hash=sha256:" + "0" * 64, "a==1"), ("sha256:0", "md5:0")):
        assert old in good and pinned.faults(constraints, good.replace(old, new)) != [], new
    assert pinned.faults(constraints, f"--find-links=here\n{good}") != []
    assert "a==1: twice" in pinned.faults(constraints, good + f"a==1 --hash=sha256:{'0' * 64}\n")
