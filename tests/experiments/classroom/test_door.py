"""The door knows the page's own names, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from experiments.classroom.door import is_own, is_own_name


@pytest.mark.parametrize("host", ["localhost", "localhost:8700", "127.0.0.1:1", "[::1]", "[::1]:8700", "LocalHost:80"])
@pytest.mark.parametrize("lan", [False, True])
def test_this_machine_is_always_let_in(host: str, lan: bool) -> None:
    assert is_own_name(host, lan)


@pytest.mark.parametrize(
    "host",
    [
        *("", ":", ":80", "localhost:", "localhost:evil", "localhost:80:80", "localhost:80evil", "localhost:-1"),
        *("localhost: 80", "localhost:80 ", " localhost", "localhost\n", "localhost/", "localhost#", "localhost?x"),
        *("localhost:123456", "localhost:８０", "localhost:٣", "evil.localhost", "localhost.evil", "localhost."),
        *("evil@localhost", "localhost@evil", "127.0.0.1.evil", "127.0.0.1:x", "127.0.0.1:80,evil", "[::1", "::1]"),
        *("[::1]evil", "[::1]:evil", "[::1]:", "[[::1]]", "[localhost]", "[127.0.0.1.evil]", "127.1", "evil:80"),
    ],
)
@pytest.mark.parametrize("lan", [False, True])
def test_nothing_else_is(host: str, lan: bool) -> None:
    assert not is_own_name(host, lan)


def test_other_addresses_are_let_in_on_a_network_only() -> None:
    for host in ("192.168.1.5", "192.168.1.5:8700", "[fe80::1]:80"):
        assert is_own_name(host, True) and not is_own_name(host, False)
    for host in ("192.168.1.5:evil", "192.168.1.999", "[fe80::1", "fe80::1", "class.example:80"):
        assert not is_own_name(host, True)


def test_a_page_of_another_house_cannot_send_its_visitors_here() -> None:
    assert is_own({"host": "localhost:80", "origin": "http://localhost:80"}, False)
    for origin in ("http://evil", "http://localhost", "http://localhost:81", "null", ""):
        assert not is_own({"host": "localhost:80", "origin": origin}, False)
    assert not is_own({}, True)
