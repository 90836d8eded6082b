"""Where a page of this machine is, and its serving until it is told to stop."""

from __future__ import annotations

import importlib
import ipaddress
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from ontogeny.core.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from starlette.applications import Starlette


def is_here(host: str) -> bool:
    """Return whether an address is this machine's own, which no other reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def open_door(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; at port 0 on any that is free. Raises `ConfigError` where
    that can't be.
    """
    if not 0 <= port < 2**16:
        raise ConfigError(f"port {port}", where="--port", hint="use a port from 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"the page can't be at {host}:{port} ({getattr(error, 'strerror', None) or error})",
            where="--host, --port",
            hint="take another port, or --port 0 for any that is free",
        ) from error


def address(host: str, door: socket.socket, token: str | None) -> str:
    """Return what to open in a browser: by this machine's name in the network where the page is
    bound to all of its addresses.
    """
    port = door.getsockname()[1]
    return f"http://{_reached(host)}:{port}/" + (f"?token={token}" if token else "")


def check_server(extra: str) -> None:
    """Raise `MissingExtra` without what serves pages, which `extra` installs: before an address is
    told.
    """
    try:
        importlib.import_module("uvicorn")
    except ImportError as error:
        raise MissingExtra(
            "a page in the browser needs uvicorn, which is not installed",
            where="the page",
            hint=extra,
        ) from error


def serve(app: Starlette, door: socket.socket) -> None:
    """Serve the application until the process is told to stop; `app.state.ending()` says that it
    was, to answers that have no end of their own.
    """
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    )
    app.state.ending = lambda: server.should_exit
    with suppress(KeyboardInterrupt):  # the way to end it
        server.run(sockets=[door])


def _reached(host: str) -> str:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    if found.is_unspecified:
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it says which way out there is
            return str(probe.getsockname()[0])
        return socket.gethostname()
    return f"[{host}]" if found.version == 6 else host
