"""At the door: sizes, types and rates."""

from __future__ import annotations

import json

import pytest

from experiments.classroom.limits import DEEPEST, LARGEST_BODY, MOST_BUCKETS, Buckets, read_json


def test_a_bucket_allows_a_burst_and_then_a_rate() -> None:
    buckets = Buckets(rate=20.0, burst=60.0)
    assert sum(buckets.take("one", 0.0) for _ in range(200)) == 60
    assert sum(buckets.take("one", k / 200) for k in range(200)) == 19
    assert buckets.take("other", 0.0)


def test_strangers_do_not_fill_the_memory() -> None:
    buckets = Buckets(1.0, 1.0)
    for k in range(MOST_BUCKETS + 500):
        buckets.take(str(k), 0.0)
    assert len(buckets._levels) == MOST_BUCKETS


def test_plain_tables_pass() -> None:
    assert read_json(b'{"a": [1, 2.5, "x", null, true]}') == {"a": [1, 2.5, "x", None, True]}


def test_characters_beyond_the_first_plane_are_text() -> None:
    assert read_json(rb'{"a": "\ud83d\ude00"}') == {"a": "\N{GRINNING FACE}"}


def test_a_number_of_many_digits_is_refused_in_our_own_words() -> None:
    with pytest.raises(ValueError, match=r"^a number too large$"):
        read_json(b'{"a": ' + b"9" * 5000 + b"}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"3",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b'{"a": ' + b"9" * 40 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "' + b"x" * LARGEST_BODY + b'"}',
        b'{"a": ' + b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2) + b"}",
        b"[" * 30_000,
        b'{"a": "\\ud800"}',
        b'{"a": ["ab\\udfffcd"]}',
        b'{"\\udc00": 1}',
        b'{"a": "\\udc00\\ud800"}',
        json.dumps({"a": [0] * 20_100}).encode()[:-1] + b"}",
    ],
)
def test_everything_else_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_json(body)
