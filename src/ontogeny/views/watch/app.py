"""The pages of `watch` over HTTP: what a browser asks for, and what it is told unasked.

A request names a run by the id that the list gave it, never by a path. The stream of changes
(server-sent events) says what is another than it was; a page then asks for the parts that it
shows, so that nothing is drawn that nobody sees. Nothing is looked at while nobody watches.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ontogeny.core.errors import MissingExtra, OntogenyError
from ontogeny.runtime.pages.guard import PageGuard
from ontogeny.views import page
from ontogeny.views.growth.statuses import status_mark
from ontogeny.views.watch.pages import compare_page, list_page, row, run_page, tally, then
from ontogeny.views.watch.watchlist import Line, Watchlist

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from ontogeny.views.watch.followed_run import FollowedRun

COOKIE = "ontogeny_watch"
EXTRA = "pip install 'ontogeny[watch]'"
GLANCE = 0.2  # seconds between two questions whether it is time to look
QUIET = 15.0  # seconds of silence after which a stream says that it lives
FOLLOWED = 8  # runs whose whole records are kept
MOST = 12  # runs beside each other
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)  # plotly sets styles itself


def watch_app(
    watchlist: Watchlist, token: str | None = None, stop: Callable[[Path], None] | None = None
) -> Starlette:
    """Return the application. With a `token` every request needs it, once in the address, then as a
    cookie; without, only requests to this machine by its own name are answered. `stop` is what the
    button does with a run's folder; without it the pages only read. Raises `MissingExtra` without
    starlette.
    """
    try:
        from starlette.applications import Starlette
        from starlette.concurrency import run_in_threadpool
        from starlette.exceptions import HTTPException
        from starlette.middleware import Middleware
        from starlette.responses import JSONResponse, Response, StreamingResponse
        from starlette.routing import Route
    except ImportError as error:
        raise MissingExtra(
            "the page needs starlette, which is not installed", where="watch", hint=EXTRA
        ) from error
    key = secrets.token_urlsafe(16) if stop else None  # that the button has, and no other site
    followed: OrderedDict[str, FollowedRun] = OrderedDict()

    def html(text: str, code: int = 200) -> Response:
        body = text.encode("utf-8", "backslashreplace")
        headers = {"Content-Security-Policy": POLICY}
        return Response(body, code, headers, media_type="text/html")

    def line_of(name: str) -> Line:
        if watchlist.due:
            watchlist.look()
        if name not in watchlist.lines:
            raise HTTPException(404, "there is no such run (any more)")
        return watchlist.lines[name]

    def follow(line: Line) -> FollowedRun:
        from ontogeny.views.watch.followed_run import FollowedRun

        found = followed.pop(line.id, None) or FollowedRun(line.folder)
        followed[line.id] = found
        while len(followed) > FOLLOWED:
            followed.popitem(last=False)
        return found

    def part_names() -> Sequence[str]:
        from ontogeny.views.growth.report import PARTS

        return list(PARTS)

    def versioned(version: int) -> str:
        return f"{watchlist.epoch}-{version}"

    def home(request: Request) -> Response:
        del request
        if watchlist.due:
            watchlist.look()
        version = watchlist.version
        return html(list_page(watchlist.folder, watchlist.lines.values(), versioned(version)))

    def one_run(request: Request) -> Response:
        version = watchlist.version
        line = line_of(request.path_params["run"])
        return html(run_page(line, part_names(), versioned(version), key))

    def part(request: Request) -> Response:
        line, name = line_of(request.path_params["run"]), request.path_params["part"]
        if name not in part_names():
            raise HTTPException(404, "there is no such part")
        return told(lambda: follow(line).part(name))

    def told(draw: Callable[[], str]) -> Response:
        try:
            return html(draw())
        except OntogenyError as error:  # it was removed, or is damaged: that is what there is
            return html(page.paragraph(str(error), "soft"), 409)

    def chosen(request: Request) -> list[Line]:
        asked = list(dict.fromkeys(request.query_params.getlist("run")))
        if not 2 <= len(asked) <= MOST:
            raise HTTPException(400, f"2 to {MOST} runs can stand beside each other")
        return [line_of(name) for name in asked]

    def beside(request: Request) -> Response:
        from ontogeny.views.watch.runs_beside import TOGETHER

        version = watchlist.version
        return html(compare_page(chosen(request), list(TOGETHER), versioned(version)))

    def part_beside(request: Request) -> Response:
        from ontogeny.views.watch.runs_beside import TOGETHER

        lines, name = chosen(request), request.path_params["part"]
        if name not in TOGETHER:
            raise HTTPException(404, "there is no such part")
        return told(lambda: TOGETHER[name]([follow(line).record() for line in lines]))

    def ask_to_stop(request: Request) -> Response:
        given = request.headers.get("x-ontogeny-key", "")
        if stop is None or key is None:
            raise HTTPException(403, "this page only reads; start it with --may-stop")
        if not secrets.compare_digest(given.encode(), key.encode()):
            raise HTTPException(403, "the page was opened before: load it anew")
        line = line_of(request.path_params["run"])
        try:
            stop(line.folder)
        except OntogenyError as error:
            raise HTTPException(409, error.what) from error
        return JSONResponse({"said": "it ends once its round is over and saved"})

    def news(since: int, asked: Sequence[str]) -> str:
        """Return what is another than in that version: of the list, or of the runs asked for."""
        lines = watchlist.lines
        if not asked:
            rows = {line.id: row(line) for line in lines.values() if line.version > since}
            told = {"rows": rows, "order": list(lines), "tally": tally(list(lines.values()))}
            return json.dumps(told)
        runs = {
            name: {
                "version": lines[name].version,
                "status": lines[name].status,
                "mark": status_mark(lines[name].status),
                "then": then(lines[name]),
            }
            for name in asked
            if name in lines
        }
        return json.dumps({"runs": runs, "gone": [name for name in asked if name not in lines]})

    async def changes(request: Request) -> Response:
        asked = request.query_params.getlist("run")
        heard = request.headers.get("last-event-id") or request.query_params.get("since", "")
        epoch, _, number = heard.partition("-")
        known = int(number) if epoch == watchlist.epoch and number.isdecimal() else -1
        ending: Callable[[], bool] = getattr(request.app.state, "ending", lambda: False)

        async def stream() -> AsyncIterator[str]:
            seen, said, last = known, time.monotonic(), ""
            yield "retry: 1000\n\n"
            while not ending():
                if watchlist.due:
                    await run_in_threadpool(watchlist.look)
                version = watchlist.version
                data = await run_in_threadpool(news, seen, asked) if version > seen else last
                seen = version
                if data != last:
                    yield f"id: {versioned(version)}\ndata: {data}\n\n"
                    said, last = time.monotonic(), data
                elif time.monotonic() - said > QUIET:  # a browser that is gone is noticed by it
                    yield ":\n\n"
                    said = time.monotonic()
                await asyncio.sleep(GLANCE)

        return StreamingResponse(stream(), media_type="text/event-stream")

    def fixed(kind: str, content: Callable[[], bytes]) -> Callable[[Request], Response]:
        """Return the endpoint of what is the same as long as the version is."""

        def endpoint(request: Request) -> Response:
            del request
            kept = {"Cache-Control": "private, max-age=86400"}
            return Response(content(), headers=kept, media_type=kind)

        return endpoint

    async def failed(request: Request, error: Exception) -> Response:
        del request
        assert isinstance(error, HTTPException)
        return JSONResponse({"error": error.detail}, error.status_code)

    app = Starlette(
        routes=[
            Route("/", home),
            Route("/run/{run}", one_run),
            Route("/run/{run}/part/{part}", part),
            Route("/run/{run}/stop", ask_to_stop, methods=["POST"]),
            Route("/compare", beside),
            Route("/compare/part/{part}", part_beside),
            Route("/changes", changes),
            Route("/page.css", fixed("text/css", style)),
            Route("/page.js", fixed("text/javascript", script)),
            Route("/plotly.js", fixed("text/javascript", plotly)),
        ],
        middleware=[Middleware(PageGuard, token=token, cookie=COOKIE)],
        exception_handlers={HTTPException: failed},
    )
    app.state.watchlist = watchlist
    return app


def style() -> bytes:
    """Return the report's style sheet, and what the pages need beyond it."""
    own = files("ontogeny.views").joinpath("watch.css").read_text(encoding="utf-8")
    return (page.STYLE + own).encode()


def script() -> bytes:
    """Return the report's script, which draws figures, and what the pages need beyond it."""
    own = files("ontogeny.views").joinpath("watch.js").read_text(encoding="utf-8")
    return (page.SCRIPT + own).encode()


@cache
def plotly() -> bytes:
    """Return plotly.js, of the installed plotly."""
    from plotly.offline import get_plotlyjs

    return get_plotlyjs().encode()
