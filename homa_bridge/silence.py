"""Stops a listening socket from taking new connections, so that those which it has taken can all be served.

Between the last connection that a process accepts and the closing of its socket the system takes further ones, and
resets them: who has just connected sees its request fail. A filter on the socket drops their first packet instead. The
other end sends that again after a second, and is refused then, or finds the service that has been started meanwhile.
"""

import ctypes
import socket
import struct
from contextlib import suppress

# https://www.kernel.org/doc/html/latest/networking/filter.html: a program of one instruction, `ret #0`
_ATTACH_FILTER = 26  # SO_ATTACH_FILTER in Linux's asm-generic/socket.h; Python's socket module does not name it
_DROP = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0), 8)
_PROGRAM = struct.pack("@HP", 1, ctypes.addressof(_DROP))


def silence(listener: socket.socket) -> None:
    """Have a TCP socket take no new connection any more; what it has taken stays.

    All processes share the filter that share the socket. Where the system has no such filters, nothing happens, and nor
    does it to a unix socket, which nobody finds any more once its file is gone.
    """
    if listener.family != socket.AF_UNIX:
        with suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, _PROGRAM)
