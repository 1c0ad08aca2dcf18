"""The Python door: an index, opened, with every verb that a program needs."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Literal

from groundsight import suite as engine
from groundsight.doors.python_given import Found, Given, as_check, fitting, lent, those_there, watched
from groundsight.doors.python_governed import AnyPath, Governed, Paths
from groundsight.doors.python_yielded import DOOR, reports, with_receipts
from groundsight.settings import Settings, load_settings
from groundsight.types import Answer, GroundingReport, Principal, Query, SearchResult

if TYPE_CHECKING:
    from groundsight.doors.python_async import AsyncSuite
    from groundsight.graphs.telling import Event
    from groundsight.ingestion import IngestReport
    from groundsight.ingestion.folder.catalogue import Catalogue
    from groundsight.ingestion.forget import ForgetReport
    from groundsight.tools.describe import Description
    from groundsight.tools.ocr import ReadLines
    from groundsight.tools.read import Reading
    from groundsight.tools.status import Status
    from groundsight.tools.why import Reasons
    from groundsight.tracing import Watch


class OpenSuite(Governed):
    """An open index with its models, for one principal. ``open_suite`` is this class: calling it opens one.

    Models and index load on first use; a suite may be used from several threads, and ``with`` closes it. Paths are
    ``str`` or ``Path``, ``~`` allowed. Files are read under the folders that were ever given to ``ingest`` and those of
    ``settings.roots``. Every result prints well, in a terminal and in a notebook. Every error is a
    ``GroundsightError`` with code, what, which, limit and next step.
    """

    def __init__(self, home: AnyPath | Settings | None = None, *, principal: Principal | None = None) -> None:
        """Open the index that lies in ``home`` (default ``~/.groundsight``), or that these settings describe.

        Without a principal it acts for the person at this machine, who may write.

        Raises:
            ConfigError: the settings can't be used.
        """
        given = home if home is None or isinstance(home, Settings) else engine.paths_named([home])[0]
        settings = given if isinstance(given, Settings) else load_settings(given)
        self.suite = engine.open_suite(settings, principal)

    def __repr__(self) -> str:
        return f"open_suite({str(self.suite.settings.home)!r})"

    def acting_for(self, principal: Principal | None = None, watch: Watch | None = None) -> OpenSuite:
        """Return the same index and models for another principal, or under a watch that counts and cancels."""
        other = object.__new__(OpenSuite)
        other.suite = self.suite.acting_for(principal, watch)
        return other

    @property
    def aio(self) -> AsyncSuite:
        """The same verbs for asyncio: ``await suite.aio.ask("...")``."""
        from groundsight.doors.python_async import AsyncSuite

        return AsyncSuite(self)

    def ingest(self, paths: Paths, *, prune: bool = False) -> IngestReport:
        """Read files and folders into the index; unchanged ones cost a hash, one that fails is a line of the report.

        ``prune`` also forgets what is gone. The folders may be read from now on.

        Raises:
            NotFound: a path is not there. PolicyRefused: the principal may only read.
        """
        return self.suite.ingest(those_there(paths), prune=prune)

    def forget(self, names: Paths, *, opt_out: bool = False, rewrite_snapshots: bool = False) -> ForgetReport:
        """Remove files and folders, by path, source or its end, with all that was made from them; the files stay.

        ``opt_out`` keeps them and the same contents from being read again, ``rewrite_snapshots`` writes the snapshots
        on record that hold them afresh. ``proof`` tells what was searched afterwards.

        Raises:
            NotFound: nothing of a name is indexed. InvalidArgument: several end so; then nothing is removed.
            PolicyRefused: as for ``ingest``.
        """
        return self.suite.forget(names, opt_out=opt_out, rewrite_snapshots=rewrite_snapshots)

    def watch(self, folders: Paths | None = None, *, once: bool = False) -> Generator[IngestReport]:
        """Keep folders (default: all that may be read) in step with the index; yield a report of each change.

        It waits for changes until the loop is left; ``once`` compares and ends.

        Raises:
            NotFound: a folder is not there, or none is named and none may be read. PolicyRefused: as for ``ingest``.
        """
        return reports(self.suite, watched(self.suite, folders), once)

    def search(
        self, query: str | Query = "", *, limit: int = 10, hops: int = 1, picture: AnyPath | None = None
    ) -> SearchResult:
        """Find passages, tables, figures and pictures, best first; the contributions of a hit add up to its score.

        ``picture`` is a picture file to search by; ``hops`` of 2 or more follow names and ids; a ``Query`` says it all
        at once, filters and channels too.

        Raises:
            InvalidArgument, LimitExceeded: the query. NotFound: the picture.
        """
        if isinstance(query, Query):
            return self.suite.search(query)
        asked = fitting(self.suite, "search", query=query, limit=limit, hops=hops)
        with lent(self.suite, picture) as named:
            return self.suite.search(
                Query(text=asked["query"], picture=named, limit=asked["limit"], hops=asked["hops"])
            )

    def ask(self, question: str, *, picture: AnyPath | None = None) -> Answer:
        """Answer with what the evidence supports, or say what was looked for and show the closest passages.

        ``picture`` is a file, or the id of an image unit, it is about. ``grounding_ratio`` is supported / checkable
        sentences (0 to 1); citations hold pages from 1 and boxes in fractions of the page.

        Raises:
            InvalidArgument, LimitExceeded: the question. NotFound: the picture. GroundsightError: the search failed.
        """
        from groundsight.tools.recording import with_receipt

        with lent(self.suite, picture) as named:
            return with_receipt(self.suite, self.suite.ask(question, *([named] if named else [])), DOOR)

    def stream(self, question: str, *, picture: AnyPath | None = None) -> Generator[Event]:
        """Ask, and yield what is known as it comes: steps, evidence, verdicts, and last the answer.

        A verdict is that of a draft: a later one on the same sentence replaces it. Leaving the loop stops the work.

        Raises:
            GroundsightError: as ``ask``.
        """
        from groundsight.graphs.telling import stream_answer

        with lent(self.suite, picture) as named:
            yield from with_receipts(self.suite, stream_answer(self.suite, question, named or ""))

    def verify(self, text: str, evidence: Given | Sequence[Given] | Found | None = None) -> GroundingReport:
        """Check a text sentence by sentence: supported, contradicted with the reason, unsupported or unchecked.

        Without evidence each sentence is searched for. Evidence are plain texts, ``Evidence``, or for each sentence
        its own. Spans count characters, end exclusive.

        Raises:
            InvalidArgument: there is no text. LimitExceeded: it is too long.
        """
        from groundsight.tools.recording import checked_with_receipt

        return checked_with_receipt(self.suite, as_check(self.suite, text, evidence), DOOR)

    def read(self, id: str, *, neighbours: int = 1, page: int | None = None, picture: bool = False) -> Reading:
        """Read a passage by its id with its neighbours, or a page (from 1) of a document, in full.

        ``picture`` attaches the page or figure as PNG.

        Raises:
            NotFound: there is no such passage, document or page for this principal.
        """
        from groundsight.tools.read import read

        asked = fitting(self.suite, "read", id=id, neighbours=neighbours, page=page, picture=picture)
        return read(self.suite, **asked)

    def ocr(self, picture: AnyPath, *, page: int | None = None, part: Sequence[float] | None = None) -> ReadLines:
        """Read the words in a picture or a scanned page; boxes are fractions of it, confidences 0 to 1.

        ``picture`` is a file or the id of a unit; ``part`` (x0, y0, x1, y1, fractions) is looked at again, larger.
        Personal data is redacted as it is by ``ingest``.

        Raises:
            NotFound, UnsupportedType, LimitExceeded: the file. Disabled: OCR is switched off. PolicyRefused: personal
                data was redacted in that part.
        """
        from groundsight.tools.ocr import ocr

        with lent(self.suite, picture) as named:
            return ocr(self.suite, **fitting(self.suite, "ocr", picture=named, page=page, part=part and [*part]))

    def describe(self, picture: AnyPath, *, page: int | None = None, labels: Sequence[str] = ()) -> Description:
        """Say what a picture or page shows: tags, a caption only where a captioner wrote one, and how ``labels`` fit.

        Raises:
            NotFound, UnsupportedType, LimitExceeded: the file. Disabled: no tagger and no captioner is on.
        """
        from groundsight.tools.describe import describe

        with lent(self.suite, picture) as named:
            asked = {"picture": named, "page": page, "candidates": [*labels]}
            return describe(self.suite, **fitting(self.suite, "describe", **asked))

    def list(
        self,
        path: str = "",
        *,
        kind: str = "",
        dated_from: str | None = None,
        dated_to: str | None = None,
        order: Literal["source", "newest", "oldest", "largest"] = "source",
        hidden: bool = False,
    ) -> Catalogue:
        """List the documents whose source holds ``path``, with what could not be read and what was left out.

        ``hidden``: only those with text that is hidden or gives orders to a model, with this text. ``kind`` is a word
        (pdf, word, spreadsheet, picture, mail), an ending or a media type; days are YYYY-MM-DD.

        Raises:
            InvalidArgument: a day is no date, or there is no such kind.
        """
        from groundsight.ingestion.folder.catalogue import Wanted
        from groundsight.tools.find import day

        dated = {"dated_from": dated_from or "", "dated_to": dated_to or ""}
        asked = fitting(self.suite, "list", path=path, kind=kind, order=order, **dated)
        days = {name: day(name, asked[name]) for name in dated}
        kept = Wanted(path=asked["path"], kind=asked["kind"], order=asked["order"], hidden=hidden, **days)
        return self.suite.list(kept)

    def status(self) -> Status:
        """Say how much is indexed, in which folders, what is missing, and which models answer."""
        from groundsight.tools.status import status

        return status(self.suite)

    def why(self, file: AnyPath, question: str = "") -> Reasons:
        """Say why a file was not read or what of it was left out, and with a question why that does not find it.

        Raises:
            NotFound: the file is not there. InvalidArgument: several files end so.
        """
        from groundsight.tools.why import why

        return why(self.suite, str(file), question)

    def close(self) -> None:
        """Release the index and the helper processes."""
        self.suite.parts.close(for_good=True)

    def __enter__(self) -> OpenSuite:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


open_suite = OpenSuite
