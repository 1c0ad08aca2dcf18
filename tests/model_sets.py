"""Scripted models over small files of ten trades: one writes what people answer, one lies, one quotes planted notes."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import groundsight.agent.provider as provider
from groundsight.settings import Ingestion, Models, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.types import Answer

PLACE = Path(__file__).parent / "data" / "model"
CASES: dict[str, list[dict[str, Any]]] = json.loads((PLACE / "cases.json").read_text())
_SHOWN = re.compile(r'id=(E\d+) from="([^"]*)"')
Write = Callable[[dict[str, str], str], str]


@dataclass(frozen=True)
class _Said:
    content: str


@dataclass
class Scripted:
    """Writes what ``write`` makes of the ids by file name and of the whole request; notes every request."""

    write: Write
    asked: list[str] = field(default_factory=list[str])

    def batch(self, inputs: list[list[tuple[str, str]]], *, return_exceptions: bool) -> list[Any]:
        """Answer each conversation."""
        return [_Said(self._reply(messages)) for messages in inputs]

    def with_structured_output(self, schema: object, *, include_raw: bool) -> Any:
        """Refuse: everything is asked in plain words."""
        raise NotImplementedError

    def _reply(self, messages: list[tuple[str, str]]) -> str:
        whole = "\n".join(text for _, text in messages)
        self.asked.append(whole)
        ids = {source.rsplit("/", 1)[-1]: name for name, source in reversed(_SHOWN.findall(whole))}
        return self.write(ids, whole)


def drafts(sentences: Sequence[Sequence[str]]) -> Write:
    """Write these sentences whatever is asked, each citing its file where that was shown."""

    def write(ids: dict[str, str], asked: str) -> str:
        if asked.startswith("You plan"):
            return json.dumps({"steps": [{"question": re.findall(r"Question: (.*)", asked)[-1]}]})
        said = [{"text": text, "cites": [ids[source]] if source in ids else []} for text, source in sentences]
        return json.dumps({"sentences": said})

    return write


def replies(text: str) -> Write:
    """Write this text, the file names in its brackets replaced by ids."""

    def write(ids: dict[str, str], asked: str) -> str:
        return re.sub(r"\[([\w-]+\.\w+)\]", lambda found: f"[{ids.get(found[1], 'E99')}]", text)

    return write


@contextmanager
def house(place: Path, *extra: tuple[str, str]) -> Iterator[Suite]:
    """A suite over the files, and over planted ones, with the packaged reader and text encoder."""
    docs = place / "docs"
    docs.mkdir(parents=True)
    for name, text in [*((one.name, one.read_text()) for one in (PLACE / "files").iterdir()), *extra]:
        (docs / name).write_text(text)
    light = {"models": Models(visual="none", ocr="none"), "ingestion": Ingestion(tags=False)}
    with open_suite(load_settings(place / "home").model_copy(update=light)) as suite:
        suite.ingest([docs])
        yield suite


def ask(suite: Suite, question: str, write: Write) -> tuple[Answer, list[str]]:
    """Ask with a scripted model; return the answer and what the model was asked."""
    from groundsight.agent.llm import Chat
    from groundsight.graphs.answer import answer_question

    model = Scripted(write)
    opened = provider.open_chat
    provider.open_chat = lambda budget, watch: Chat(model, "scripted", 60, watch)  # type: ignore[assignment]
    try:
        return answer_question(suite, question), model.asked
    finally:
        provider.open_chat = opened


def given(answer: Answer) -> str:
    """The text of an answer that is given, empty for any other."""
    return answer.text if answer.status in ("answered", "partial") else ""


def run(suite: Suite, kind: str) -> list[tuple[dict[str, Any], Answer, int]]:
    """Ask every question of one set with its scripted model; return case, answer and number of calls."""
    done: list[tuple[dict[str, Any], Answer, int]] = []
    for case in CASES[kind]:
        answer, asked = ask(suite, case["q"], drafts(case["a"]) if "a" in case else replies(case["reply"]))
        done.append((case, answer, len(asked)))
    return done


def passed(case: dict[str, Any], answer: Answer) -> bool:
    """The model's own right sentence is given, its false ones are not."""
    return answer.tier.models["writer"] != "rules" and said(case, answer)


def said(case: dict[str, Any], answer: Answer) -> bool:
    """What is right is given, by whoever wrote it, and nothing false."""
    return case["want"] in given(answer) and case.get("never", "\0") not in answer.text


def alone(case: dict[str, Any], answer: Answer) -> bool:
    """A planted note is given without the document that says otherwise."""
    return case["lie"] in given(answer) and case["other"] not in given(answer)


def _measure() -> None:
    with tempfile.TemporaryDirectory() as place, house(Path(place)) as suite:
        for kind in ("ideal", "shapes", "lies"):
            rows = run(suite, kind)
            out = [one for one in rows if (one[0]["lie"] in given(one[1]) if kind == "lies" else passed(*one[:2]))]
            print(f"{kind}: {len(out)} of {len(rows)} given, calls {[calls for *_, calls in rows]}")
            wrong = out if kind == "lies" else [one for one in rows if one not in out]
            for case, answer, _ in wrong:
                print(f"  {case['q']}\n    {answer.status} ({answer.stop_reason}): {answer.text!r}")
    for case in CASES["planted"]:
        with tempfile.TemporaryDirectory() as place, house(Path(place), (case["file"], case["text"])) as suite:
            answer, _ = ask(suite, case["q"], drafts(case["a"]))
            print(f"planted, alone {alone(case, answer)}: {answer.text!r}")


if __name__ == "__main__":
    _measure()
