"""Addresses and what answers them; a failure is a page that says its code, the reason and the next step."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from groundsight.doors.http import status_of
from groundsight.doors.view import answer, evidence, hits, library, upload
from groundsight.doors.view.markup import el, page
from groundsight.doors.view.questions import Questions
from groundsight.errors import GroundsightError, InvalidArgument, NotFound
from groundsight.limits import require_question
from groundsight.tools.gate import internal_error
from groundsight.tools.library import MEDIA, MediaFile

if TYPE_CHECKING:
    from starlette.requests import Request

    from groundsight.doors.view.desk import Desk

MOST_DIGITS = 10
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
_SECOND = re.compile(r"\d{1,6}(?:\.\d{1,3})?")
FILES = {"/style.css": "text/css", "/page.js": "text/javascript"}


class Pages:
    """The pages of one desk."""

    def __init__(self, desk: Desk, questions: Questions) -> None:
        self._desk, self._questions = desk, questions

    def home(self, _: Request) -> Response:
        """The page to ask on."""
        return HTMLResponse(answer.home(self._desk, self._questions.recent()))

    async def ask(self, request: Request) -> Response:
        """Begin to work on a question, and lead to its page: that can be loaded again."""
        async with request.form(max_files=0) as form:
            question = str(form.get("question", "")).strip()
        require_question(question)
        return RedirectResponse(f"/answer/{self._questions.ask(question).id}", status_code=303)

    def answer(self, request: Request) -> Response:
        """The page of a question, sent as its work goes on."""
        asked = self._questions.find(request.path_params["id"])
        return StreamingResponse(answer.answer(self._desk, asked), media_type="text/html; charset=utf-8")

    def stop(self, request: Request) -> Response:
        """End a question at its next step."""
        asked = self._questions.find(request.path_params["id"])
        asked.watch.cancel()
        return RedirectResponse(f"/answer/{asked.id}", status_code=303)

    def search(self, request: Request) -> Response:
        """Search as the address says."""
        given = request.query_params
        return HTMLResponse(hits.search_page(self._desk, dict(given), given.getlist("kind")))

    def picture(self, _: Request) -> Response:
        """The page to hand a picture over."""
        return HTMLResponse(upload.form(self._desk))

    async def look(self, request: Request) -> Response:
        """Read what was handed over, and forget it."""
        async with request.form(max_files=1) as form:
            words, file, asks = str(form.get("words", "")), form.get("picture"), "ask" in form
            name = (file.filename or "") if isinstance(file, UploadFile) else ""
            data = await file.read() if isinstance(file, UploadFile) else b""
        tell = upload.answered if asks else upload.looked
        return HTMLResponse(await run_in_threadpool(tell, self._desk, name, data, words))

    def library(self, request: Request) -> Response:
        """The documents."""
        return HTMLResponse(library.library_page(self._desk, dict(request.query_params)))

    def document(self, request: Request) -> Response:
        """One document."""
        number = request.query_params.get("page", "1")
        if not (number.isdecimal() and len(number) < MOST_DIGITS and int(number)):
            raise InvalidArgument("a page is a number from 1 on", which=number[:20], next_step="choose another")
        second = request.query_params.get("second", "0")
        if not _SECOND.fullmatch(second):
            raise InvalidArgument("a second is a number", which=second[:20], next_step="write it as 83 or 83.5")
        return HTMLResponse(library.document(self._desk, request.path_params["id"], int(number), float(second)))

    def media(self, request: Request) -> Response:
        """The bytes of a recording or a clip; a player asks for those from its second on."""
        told = self._desk.call(MediaFile, MEDIA, asset_id=request.path_params["id"])
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        heads = {"accept-ranges": "bytes"}
        if asked is None or int(asked[1]) >= len(told.data):
            return Response(told.data, headers=heads, media_type=told.media_type)
        first, last = int(asked[1]), min(int(asked[2] or len(told.data)), len(told.data) - 1)
        heads["content-range"] = f"bytes {first}-{last}/{len(told.data)}"
        return Response(told.data[first : last + 1], 206, heads, told.media_type)

    def passage(self, request: Request) -> Response:
        """One passage."""
        quotes = tuple(request.query_params.getlist("quote"))
        name = request.path_params["id"]
        title, content = evidence.passage(self._desk, evidence.QuotedPassage(name, quotes))
        self._desk.opened(request.query_params.get("asked", ""), name)
        return HTMLResponse(page(title, "/library", content))


def application(desk: Desk) -> Starlette:
    """Return the pages as an ASGI application; what is under way ends with it."""
    questions = Questions(desk)
    pages = Pages(desk, questions)
    get = {"/": pages.home, "/answer/{id}": pages.answer, "/search": pages.search, "/picture": pages.picture,
           "/library": pages.library, "/document/{id}": pages.document, "/passage/{id}": pages.passage,
           "/media/{id}": pages.media}  # fmt: skip
    post = {"/ask": pages.ask, "/answer/{id}/stop": pages.stop, "/picture": pages.look}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield
        questions.stop()

    return Starlette(
        routes=[
            *(Route(path, view, methods=["GET"]) for path, view in get.items()),
            *(Route(path, view, methods=["POST"]) for path, view in post.items()),
            *(Route(path, partial(_file, path[1:], kind)) for path, kind in FILES.items()),
        ],
        exception_handlers={404: _absent, GroundsightError: _failed, Exception: _bug},
        lifespan=lifespan,
    )


def _file(name: str, kind: str, _: Request) -> Response:
    return Response(files("groundsight.doors.view").joinpath(name).read_bytes(), media_type=kind)


def _failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, GroundsightError)
    told = el("p", str(error), class_="error", role="alert")
    return HTMLResponse(page("Not possible", "", el("h1", "This is not possible"), told), status_code=status_of(error))


def _absent(request: Request, _: Exception) -> Response:
    return _failed(request, NotFound("there is no such page", which=request.url.path[:80], next_step="begin at /"))


def _bug(request: Request, error: Exception) -> Response:
    return _failed(request, internal_error("view", error))
