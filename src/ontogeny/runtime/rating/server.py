"""The rating page over HTTP: one file of HTML, a few answers in JSON, and photos by their number.

A request names a photo by its place in the list, never by a path. Whom it answers is said in
`page_guard.py`; judgements are taken as JSON alone, which no other site's form can send.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.core.errors import DataError, MissingExtra, OntogenyError, StoreError
from ontogeny.runtime.pages.guard import PageGuard, json_body
from ontogeny.runtime.photos.shown_photo import shown_photo
from ontogeny.runtime.rating.pair_store import pairs_csv
from ontogeny.runtime.rating.session import RatingSession

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

COOKIE = "ontogeny_rating"
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
        from starlette.responses import HTMLResponse, JSONResponse, Response
        from starlette.routing import Route
    except ImportError as error:
        raise MissingExtra(
            "the rating page needs starlette, which is not installed", where="rate", hint=EXTRA
        ) from error
    page = files("ontogeny.runtime.rating").joinpath("page.html").read_text(encoding="utf-8")
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
        del request
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
                said = await json_body(request)

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

    return Starlette(
        routes=[
            Route("/", home),
            Route("/photo/{place:int}", send_photo),
            Route("/pairs.csv", send_pairs),
            Route("/pair", asking(lambda said: None), methods=["POST"]),
            Route("/judge", asking(judge), methods=["POST"]),
            Route("/undo", asking(undo), methods=["POST"]),
        ],
        middleware=[Middleware(PageGuard, token=token, cookie=COOKIE)],
    )
