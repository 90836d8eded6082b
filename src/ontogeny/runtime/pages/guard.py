"""Who is answered by a page that this machine serves, and with what headers.

Where a page is for this machine alone, requests under another host's name are refused (a page
elsewhere can't reach it by renaming itself); where it is not, they need a token, once in the
address, then as a cookie. A request that another site's page sends says so (`Origin`), and is
refused everywhere.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from ontogeny.core.errors import DataError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
LONGEST_BODY = 4096  # bytes of a request
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer says, unless it says otherwise itself."""


class PageGuard:
    """Middleware of an application. With a `token` every request needs it; without, only requests
    to this machine by its own name are answered.
    """

    def __init__(self, app: ASGIApp, token: str | None, cookie: str):
        """The cookie that holds the token is called `cookie`."""
        self.app, self.token, self.cookie = app, token, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, refuse it, or take the token out of its address."""
        from starlette.datastructures import MutableHeaders
        from starlette.requests import Request
        from starlette.responses import PlainTextResponse, RedirectResponse

        if scope["type"] != "http":  # a server's beginning and end
            await self.app(scope, receive, send)
            return
        request = Request(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if refused := self._refusal(request):
            await PlainTextResponse(f"{refused}\n", 403)(scope, receive, dressed)
        elif "token" in request.query_params:  # it goes from the address to a cookie
            left = [pair for pair in request.query_params.multi_items() if pair[0] != "token"]
            place = request.url.path + (f"?{urlencode(left)}" if left else "")
            gone = RedirectResponse("/" + place.lstrip("/"), 303)
            gone.set_cookie(self.cookie, self.token or "", httponly=True, samesite="strict")
            await gone(scope, receive, dressed)
        else:
            await self.app(scope, receive, dressed)

    def _refusal(self, request: Request) -> str:
        """Return why a request is not answered; "" for one that is."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "another site's page asks for this one"
        if self.token is None:
            name = host if host.endswith("]") else host.rpartition(":")[0] or host
            return "" if name in LOOPBACK else "this page is for the machine that it runs on"
        given = request.query_params.get("token") or request.cookies.get(self.cookie, "")
        if secrets.compare_digest(given.encode(), self.token.encode()):
            return ""
        return "open the page by the whole address that was printed, with its token"


async def json_body(request: Request) -> Mapping[str, Any]:
    """Return the object that a request holds, which must be told to be JSON: no other site's form
    can send that. Raises `DataError` for what is none, or is long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise DataError("it is no JSON", where="request")
    held = b""
    async for part in request.stream():
        held += part
        if len(held) > LONGEST_BODY:
            raise DataError(f"more than {LONGEST_BODY} bytes", where="request")
    try:
        said = json.loads(held)
    except ValueError as error:
        raise DataError("it is no JSON", where="request") from error
    if not isinstance(said, dict):
        raise DataError("it is no object", where="request")
    return said
