"""The rating page over HTTP: one file of HTML, a few answers in JSON, and photos by their number.

A request names a photo by its place in the list, never by a path. Where the page is for this
machine alone, requests under another host's name are refused (a page elsewhere can't reach it by
renaming itself); where it is not, they need a token. Judgements are taken as JSON alone, which no
other site's form can send.
"""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.core.errors import DataError, MissingExtra, OntogenyError, StoreError
from ontogeny.runtime.pair_store import pairs_csv
from ontogeny.runtime.rating_session import RatingSession
from ontogeny.runtime.shown_photo import shown_photo

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

COOKIE = "ontogeny_rating"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
LONGEST_BODY = 4096  # bytes of a judgement
KEPT = 64  # photos that are ready to be sent
EXTRA = "pip install 'ontogeny[beauty]'"


def rating_app(session: RatingSession, folder: Path, token: str | None = None) -> Starlette:
    """Return the application: photos lie in the folder under the session's names. With a `token`
    every request needs it, once in the address, then as a cookie; without, only requests to this
    machine by its own name are answered. Raises `MissingExtra` without starlette.
    """
    try:
        from starlette.applications import Starlette
        from starlette.concurrency import run_in_threadpool
        from starlette.middleware import Middleware
        from starlette.middleware.base import BaseHTTPMiddleware
        from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
        from starlette.routing import Route
    except ImportError as error:
        raise MissingExtra(
            "the rating page needs starlette, which is not installed", where="rate", hint=EXTRA
        ) from error
    page = files("ontogeny.runtime").joinpath("rating_page.html").read_text(encoding="utf-8")
    photo = lru_cache(KEPT)(lambda place: shown_photo(folder / session.photos[place]))

    def standing(rater: str) -> dict[str, Any]:
        pair, progress = session.pair(rater), session.progress()
        return {
            "pair": pair and [{"place": one, "name": session.photos[one]} for one in pair],
            "judgements": progress.judgements,
            "raters": progress.raters,
            "photos": progress.photos,
            "right": 1 - progress.wrong_share,
            "wanted": 1 - session.bound,
            "needed": progress.needed,
            "stable": progress.stable,
        }

    def home(request: Request) -> Response:
        if "token" in request.query_params:  # it goes from the address to a cookie
            gone = RedirectResponse("/", 303)
            gone.set_cookie(COOKIE, token or "", httponly=True, samesite="strict")
            return gone
        nonce = secrets.token_urlsafe(16)
        answer = HTMLResponse(page.replace("NONCE", nonce))
        answer.headers["Content-Security-Policy"] = (
            "default-src 'none'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'; "
            f"style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'"
        )
        return answer

    def send_photo(request: Request) -> Response:
        place = request.path_params["place"]
        if not place < len(session.photos):
            return Response(status_code=404)
        try:
            return Response(
                photo(place), media_type="image/jpeg", headers={"Cache-Control": "private"}
            )
        except DataError as error:
            session.leave_out(place)
            return JSONResponse({"error": error.what}, 422)

    def send_pairs(request: Request) -> Response:
        text = io.StringIO()
        csv.writer(text).writerows(pairs_csv(session.store.judgements()))
        name = 'attachment; filename="pairs.csv"'
        return Response(
            text.getvalue(), media_type="text/csv", headers={"Content-Disposition": name}
        )

    def asking(answer: Callable[[Mapping[str, Any]], None]) -> Callable[[Request], Any]:
        """Return the endpoint that takes JSON, does what is asked, and says how things stand."""

        async def endpoint(request: Request) -> Response:
            try:
                said = await _body(request)

                def done() -> dict[str, Any]:
                    answer(said)
                    return standing(str(said.get("rater", "")))

                return JSONResponse(await run_in_threadpool(done))
            except OntogenyError as error:
                code = 507 if isinstance(error, StoreError) else 400
                return JSONResponse({"error": str(error)}, code)

        return endpoint

    def judge(said: Mapping[str, Any]) -> None:
        left, right, seconds = (said.get(name) for name in ("left", "right", "seconds"))
        if not (type(left) is int and type(right) is int):
            raise DataError("it names no two photos", where="judgement")
        took = float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < 1e6 else None
        session.judge(str(said.get("rater", "")), left, right, said.get("choice", ""), took)

    def undo(said: Mapping[str, Any]) -> None:
        session.undo(str(said.get("rater", "")))

    async def guard(request: Request, call_next: Callable[[Request], Any]) -> Response:
        refused = _refusal(request, token)
        if refused:
            return Response(f"{refused}\n", 403, media_type="text/plain")
        answer = await call_next(request)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return Starlette(
        routes=[
            Route("/", home),
            Route("/photo/{place:int}", send_photo),
            Route("/pairs.csv", send_pairs),
            Route("/pair", asking(lambda said: None), methods=["POST"]),
            Route("/judge", asking(judge), methods=["POST"]),
            Route("/undo", asking(undo), methods=["POST"]),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=guard)],
    )


def _refusal(request: Request, token: str | None) -> str:
    """Return why a request is not answered; "" for one that is."""
    if token is None:
        host = request.headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        return "" if name in LOOPBACK else "this page is for the machine that it runs on"
    given = request.query_params.get("token") or request.cookies.get(COOKIE, "")
    if secrets.compare_digest(given.encode(), token.encode()):
        return ""
    return "open the page by the whole address that was printed, with its token"


async def _body(request: Request) -> Mapping[str, Any]:
    """Return the object that a request holds. Raises `DataError` for what is none, or is long."""
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
