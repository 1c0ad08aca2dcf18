"""The LangChain door: tools, a retriever and a document loader over an open suite, behind the gate of every door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import PrivateAttr

from groundsight.doors.python import OpenSuite
from groundsight.doors.schema import input_schema
from groundsight.errors import GroundsightError
from groundsight.governance.access import visible_to
from groundsight.suite import Suite
from groundsight.tools.find import asset_by_id
from groundsight.tools.gate import Gate, ToolSpec
from groundsight.tools.registry import tool
from groundsight.tools.registry import tools as registered
from groundsight.tools.results import Found, Result, found
from groundsight.tracing import Watch
from groundsight.types import Hit


def tools(suite: OpenSuite, *, writable: bool = False) -> list[BaseTool]:
    """Return the tools for an agent; those that write only when asked for, and if the principal may.

    Each returns its text for the model and its result as the artifact. A mistake of the model comes back as a message
    that says what to do next; other arguments than those of the schema are refused by name.
    """
    gate = Gate.open(suite.suite.settings, "langchain")
    return [_tool(spec, suite.suite, gate) for spec in registered(writable=writable)]


class GroundsightRetriever(BaseRetriever):
    """Passages for a question, best first, as documents: the text, and in ``metadata`` where it lies and why.

    Raises:
        GroundsightError: as ``search`` does.
    """

    suite: OpenSuite
    limit: int = 4
    hops: int = 1
    _gate: Gate = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Open the gate."""
        self._gate = Gate.open(self.suite.suite.settings, "langchain")

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        arguments = {"query": query, "limit": self.limit, "hops": self.hops}
        result: Any = self._gate.call(tool("search"), self.suite.suite, arguments)
        return [_document(hit) for hit in result.hits]


class GroundsightLoader(BaseLoader):
    """Every passage of the indexed documents whose source holds ``path``, redacted and with OCR, as documents."""

    def __init__(self, suite: OpenSuite, path: str = "") -> None:
        self._suite, self._path = suite, path
        self._gate = Gate.open(suite.suite.settings, "langchain")

    def lazy_load(self) -> Iterator[Document]:
        """Yield the passages of one document after another, in reading order."""
        for asset in self._suite.list(self._path).documents:
            result: Any = self._gate.call(PASSAGES, self._suite.suite, {"id": asset.asset_id})
            yield from map(_document, result.passages)


class Loaded(Result):
    """All passages of one document."""

    passages: tuple[Found, ...]

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the passages."""
        return tuple(each.id for each in self.passages)


def passages(suite: Suite, id: str) -> Loaded:
    """Return all passages of a document in full."""
    from groundsight.retrieval.evidence import evidence_of

    asset = asset_by_id(suite, id)
    units = suite.parts.index.units(asset.asset_id, visible_to(suite.principal))
    hits = [Hit(unit=unit, asset=asset, score=0.0, channels=()) for unit in units]
    texts = [evidence_of(hit).text for hit in hits]
    return Loaded(
        passages=tuple(found(hit, text, "", "", explain=False) for hit, text in zip(hits, texts, strict=True))
    )


PASSAGES = ToolSpec(passages, "Load a document")


def _tool(spec: ToolSpec, suite: Suite, gate: Gate) -> BaseTool:
    def called(under: Suite, arguments: dict[str, Any]) -> tuple[str, Result]:
        try:
            result = gate.call(spec, under, arguments)
        except GroundsightError as error:
            raise ToolException(str(error)) from error
        return result.as_text(), result

    def call(arguments: dict[str, Any]) -> tuple[str, Result]:
        return called(suite, arguments)

    async def call_beside(arguments: dict[str, Any]) -> tuple[str, Result]:
        watch = Watch(within=(suite.watch,))
        try:
            return await asyncio.to_thread(called, suite.acting_for(watch=watch), arguments)
        finally:
            watch.cancel()

    return _Gated(
        name=spec.name,
        description=spec.description,
        args_schema=input_schema(spec.arguments),
        func=call,
        coroutine=call_beside,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


class _Gated(StructuredTool):
    """A tool whose gate sees every argument, under names that LangChain keeps for itself as well."""

    def _to_args_and_kwargs(
        self, tool_input: str | dict[str, Any], tool_call_id: str | None
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        _, given = super()._to_args_and_kwargs(tool_input, tool_call_id)
        return (), {"arguments": given}


def _document(each: Found) -> Document:
    return Document(id=each.id, page_content=each.text, metadata=each.model_dump(mode="json", exclude={"id", "text"}))
