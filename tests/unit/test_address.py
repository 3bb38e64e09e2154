"""Where a request comes from: headers count of a proxy that the owner has named, and of nobody else."""

import pytest

from homa_bridge.identity.address import UNIX, Origin, client_of, is_loopback, origin, parse_proxies

PROXY, OUTER, VISITOR = "10.0.0.1", "10.9.0.1", "203.0.113.7"


@pytest.mark.parametrize("proxies", [[], ["10.0.0.2"], ["unix"], ["fd00::/8"], ["203.0.113.0/24"]])
@pytest.mark.parametrize("header", [VISITOR, f"{VISITOR}, {PROXY}", "::1", "x", ""])
def test_headers_of_somebody_else_are_nothing(proxies: list[str], header: str) -> None:
    found = origin(PROXY, "http", header, "https", parse_proxies(proxies))
    assert found == Origin(PROXY, "http")


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (VISITOR, VISITOR),
        (f" {VISITOR} ", VISITOR),
        (f"192.0.2.66, {VISITOR}", VISITOR),  # the first was put there by the visitor
        (f"192.0.2.66,{VISITOR},{OUTER}", VISITOR),
        (f"192.0.2.66, {VISITOR}, {OUTER}, {PROXY}, {OUTER}", VISITOR),
        (f"x, {VISITOR}", VISITOR),
        (f"{VISITOR}:5123", VISITOR),
        (f"::ffff:{VISITOR}", VISITOR),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:DB8::7]:443", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        (OUTER, OUTER),  # a proxy's machine asks by itself
        (f"{OUTER}, {PROXY}", OUTER),
        *[(garbage, PROXY) for garbage in ("", "x", "unknown", "unix", "1.2.3", "1.2.3.4.5", "[::1", "١.1.1.1")],
        (f"{VISITOR}, x", PROXY),
        (f"{VISITOR}, ", PROXY),
        (f"{VISITOR}, x, {OUTER}", PROXY),
    ],
)  # fmt: skip
def test_the_last_address_that_is_no_proxy_s_counts(header: str, address: str) -> None:
    proxies = parse_proxies([PROXY, "10.9.0.0/16"])
    assert origin(PROXY, "http", header, "", proxies) == Origin(address, "http")


@pytest.mark.parametrize(
    ("header", "scheme"),
    [("https", "https"), ("HTTPS ", "https"), ("http", "http"), ("http, https", "https"), ("https, http", "http")]
    + [(text, "http") for text in ("", "ftp", "httpss", "on")],
)
def test_the_nearest_proxy_tells_the_scheme(header: str, scheme: str) -> None:
    assert origin(PROXY, "http", VISITOR, header, parse_proxies([PROXY])).scheme == scheme


def test_a_proxy_may_be_reached_by_ipv6_or_a_socket_s_file() -> None:
    for peer, named in (("fd00::1", "fd00::/8"), ("::ffff:10.0.0.1", PROXY), (UNIX, UNIX)):
        assert origin(peer, "http", VISITOR, "https", parse_proxies([named])) == Origin(VISITOR, "https")
    assert origin(UNIX, "http", VISITOR, "https", parse_proxies(["0.0.0.0/0", "::/0"])) == Origin(UNIX, "http")


@pytest.mark.parametrize("part", ["x", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "localhost", "unix:/a", "UNIX", "::/129"])
def test_what_is_no_proxy_is_named(part: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  (its whole text is compared)
        parse_proxies([PROXY, part, UNIX])
    assert str(refused.value) == part


def test_clients_of_ipv6_count_by_their_network() -> None:
    first, same, other = (client_of(f"2001:db8:0:{net}::{host}") for net, host in ((1, 1), (1, "ffff"), (2, 1)))
    assert first == same == "2001:db8:0:1::/64"
    assert other != first
    assert client_of("::ffff:192.0.2.1") == client_of("192.0.2.1") == "192.0.2.1" != client_of("192.0.2.2")
    assert client_of(UNIX) == UNIX


def test_this_machine() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", UNIX)))
    assert not any(map(is_loopback, ("192.0.2.1", "::", "0.0.0.0", "localhost", "")))
