"""Which address a request comes from, and by which scheme, also behind proxies. Pure.

Headers are believed of a proxy that the owner has named, and of nobody else: anybody can send them.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNIX = "unix"
"""Stands for whoever reaches the service by a socket's file: the machine's own, without an address."""

IPV6_PREFIX = 64  # what one client is given: counted singly, its addresses would never end


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies whose headers count.

    :param networks: where they are
    :param unix: whether what comes by a socket's file is from one of them
    """

    networks: Sequence[Network] = ()
    unix: bool = False

    def include(self, place: str) -> bool:
        """Say whether an address, or ``unix``, is a proxy's."""
        if place == UNIX:
            return self.unix
        address = parse_address(place) if self.networks else None
        return address is not None and any(address in network for network in self.networks)


class Origin(NamedTuple):
    """Where a request comes from.

    :param address: an IP address, or ``unix``
    :param scheme: ``http`` or ``https``
    """

    address: str
    scheme: str


def parse_proxies(parts: Sequence[str]) -> Proxies:
    """Return the proxies of addresses, networks and the word ``unix``.

    :raises ValueError: if a part is none of these; its text is that part
    """
    networks: list[Network] = []
    for part in parts:
        try:
            if part != UNIX:
                networks.append(ipaddress.ip_network(part))
        except ValueError:
            raise ValueError(part) from None
    return Proxies(tuple(networks), UNIX in parts)


@lru_cache(maxsize=1_024)
def origin(peer: str, scheme: str, forwarded_for: str, forwarded_proto: str, proxies: Proxies) -> Origin:
    """Return where a request comes from.

    :param peer: the address of the other end of the connection, or ``unix``
    :param scheme: the connection's own
    :param forwarded_for: the header X-Forwarded-For, as whoever sent it likes
    :param forwarded_proto: the header X-Forwarded-Proto, likewise
    """
    if not proxies.include(peer):
        return Origin(_spelt(peer), scheme)
    told = forwarded_proto.rpartition(",")[2].strip().lower()  # the last is the nearest proxy's word
    return Origin(
        _forwarded(forwarded_for, proxies) or _spelt(peer),
        told if told in {"http", "https"} else scheme,
    )


def _forwarded(header: str, proxies: Proxies) -> str | None:
    """Return the last address that is no proxy's; where all are proxies', the first. None if one is no address."""
    found = None
    for part in reversed(header.split(",")):
        address = parse_address(_without_port(part.strip()))
        if address is None:
            return None
        found = str(address)
        if not proxies.include(found):
            return found
    return found


def parse_address(text: str) -> Address | None:
    """Return an address; an IPv4 address that is written as an IPv6 one is the IPv4 one. None if it is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])  # an interface's name may follow
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=4_096)
def client_of(address: str) -> str:
    """Return whom an address is counted as: itself, or of IPv6 the network that one client is given."""
    parsed = parse_address(address)
    if parsed is None or parsed.version == 4:
        return str(parsed or address)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))


def is_loopback(address: str) -> bool:
    """Say whether an address is this machine's own; ``unix`` is."""
    parsed = parse_address(address)
    return address == UNIX or (parsed is not None and parsed.is_loopback)


def _without_port(text: str) -> str:
    """Return an address without the port that some proxies write behind it."""
    if text.startswith("[") and "]" in text:
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _spelt(peer: str) -> str:
    return str(parse_address(peer) or peer) if ":" in peer else peer
