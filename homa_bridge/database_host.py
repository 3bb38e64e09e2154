"""Connects to a database that is elsewhere, by the name of its host."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pymysql

from .host_names import Addresses, HostNames
from .identity.address import parse_address

NO_SERVER = 2003


def by_name(names: HostNames) -> Callable[..., Any]:
    """Return what connects in the engine's place where a name has to be found first; elsewhere it does nothing."""

    def connect(_dialect: object, _record: object, _arguments: object, parameters: dict[str, Any]) -> Any:
        host = parameters.get("host")
        if not host or "unix_socket" in parameters or parse_address(host) is not None:
            return None
        connection = pymysql.connect(**parameters, defer_connect=True)
        try:
            reached = _reach(names.addresses(host, connection.port), parameters["connect_timeout"])
        except OSError as error:
            failure = pymysql.OperationalError(NO_SERVER, f"Can't connect to {host!r}")
            failure.original_exception = error  # type: ignore[attr-defined]  # as the driver's own have it
            raise failure from error
        connection.connect(reached)
        return connection

    return connect


def _reach(addresses: Addresses, seconds: float) -> socket.socket:
    """Return a connection to the first address that answers.

    :param seconds: for all of them together
    :raises OSError: if none does
    """
    until = time.monotonic() + seconds
    failure = OSError("no address")
    for address in addresses:
        try:
            reached = socket.create_connection(address, max(0.1, until - time.monotonic()))
        except OSError as error:
            failure = error
            continue
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reached.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return reached
    raise failure
