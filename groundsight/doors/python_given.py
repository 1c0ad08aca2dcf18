"""What a program gives to a verb: of the kind that the verb takes, or refused by name before any work."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from groundsight.errors import InvalidArgument, NotFound, PolicyRefused
from groundsight.language.sentences import evidence_from_text
from groundsight.limits import require_words
from groundsight.suite import paths_named
from groundsight.types import Evidence

if TYPE_CHECKING:
    from groundsight.suite import Suite
    from groundsight.tools.recording import Check

Given = str | Evidence
Found = Mapping[str, Sequence[Evidence]]


def fitting(suite: Suite, name: str, **arguments: object) -> dict[str, Any]:
    """Return arguments as the tool of this name takes them.

    Raises:
        InvalidArgument: one is of another type, or out of range.
    """
    from groundsight.tools.gate import checked_arguments
    from groundsight.tools.registry import tool

    every = checked_arguments(tool(name), arguments, suite.settings.limits.answer_chars)
    return {each: every[each] for each in arguments}


def those_there(paths: object) -> list[str | Path]:
    """Return the paths that a program names.

    Raises:
        NotFound: one is not there. InvalidArgument: one is no path.
    """
    named = paths_named(paths)
    for each in named:
        if not os.path.lexists(Path(each).expanduser()):
            raise NotFound("there is no such file or folder", which=str(each), next_step="check the path")
    return named


def as_check(suite: Suite, text: str, evidence: Given | Sequence[Given] | Found | None) -> Check:
    """Return what is to be checked against what; without evidence each sentence is searched for.

    Raises:
        InvalidArgument: there is no text, or something is no evidence.
    """
    from groundsight.tools.recording import Check
    from groundsight.tools.verify import searched

    require_words(text, "the text", "give the text to check")
    if evidence is None:
        return Check(text, searched(suite, text), searched=True)
    if isinstance(evidence, Mapping):
        return Check(text, {query: as_evidence(found) for query, found in evidence.items()})
    return Check(text, as_evidence(evidence))


def as_evidence(given: object) -> Sequence[Evidence]:
    """Return texts as evidence; what is evidence already stays.

    Raises:
        InvalidArgument: something is neither.
    """
    one = isinstance(given, str | Evidence) or not hasattr(type(given), "__iter__")
    listed = (given,) if one else cast("Iterable[object]", given)
    return [_one(number, each) for number, each in enumerate(listed, 1)]


def watched(suite: Suite, folders: object) -> tuple[str, ...]:
    """Return the roots of the folders that a program names to be watched, without any those that were read before.

    Raises:
        NotFound: a folder is not there, or none is named and none may be read. PolicyRefused: it may only read.
    """
    from groundsight.ingestion.reach import folders_of

    parts, who = suite.parts, suite.principal
    if not who.may_write:
        raise PolicyRefused("this caller may only read", which="watch", next_step="open it for one who may write")
    named = [] if folders is None else paths_named(folders)
    for each in named if who.roots is None else ():
        parts.roots.admit(Path(each))
    held = folders_of(parts, who)
    sources = [held.source_of(Path(each).expanduser()) for each in named] or held.names()
    if not sources:
        raise NotFound("no folder is named, and none was read before", next_step="name a folder")
    return tuple(dict.fromkeys(source.partition("/")[0] for source in sources))


def kept_by(suite: Suite) -> Suite:
    """Return a suite whose principal answers for the whole index.

    Raises:
        PolicyRefused: it may not set rights, so what concerns every tenant is not its to see.
    """
    if not suite.principal.may_admin:
        raise PolicyRefused("this principal does not answer for the index", next_step="act as one who may set rights")
    return suite


def _one(number: int, given: object) -> Evidence:
    match given:
        case Evidence():
            return given
        case str():
            return evidence_from_text(f"text-{number}", f"text {number}", given)
        case _:
            which, step = type(given).__name__, "give texts or Evidence"
            raise InvalidArgument("this is no evidence", which=which, next_step=step)


@contextmanager
def lent(suite: Suite, picture: str | Path | None) -> Generator[str | None]:
    """Let one call read the picture that a program names; a principal with own folders reads there alone."""
    from groundsight.ingestion.reach import folders_of
    from groundsight.suite import paths_named

    given = None if picture is None else str(paths_named([picture])[0])
    file, roots = Path(given or "").expanduser(), suite.parts.roots
    mine = folders_of(suite.parts, suite.principal) is roots
    with roots.lent(file) if mine and os.path.isfile(file) else nullcontext(given) as named:  # too long: no file
        yield named
