"""Questions of QAMR as rows to train the packaged reader on.

``python -m groundsight.training.qamr_rows SENTENCES.tsv QUESTIONS.tsv... OUT.jsonl.gz``: the files of ``data/`` and
``data/filtered/`` of uwnlp/qamr (MIT; sentences of Wikipedia and Wikinews). A question is read where a second person
marked the same words, among other sentences that share words with it, and without its own.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from groundsight.doors.usage import Parser
from groundsight.language.content import content_of

AROUND, WITHOUT = 3, 0.3
_TIGHT = re.compile(r" (?=[,.;:?!%)'\u2019])|(?<=[(\u2018$€£]) ")
_SIGNS = {"-LRB-": "(", "-RRB-": ")", "``": "\u201c", "''": "\u201d", "-LSB-": "[", "-RSB-": "]"}


def rows(sentences: dict[str, list[str]], questions: Sequence[Path], lot: random.Random) -> Iterator[dict[str, object]]:
    """Yield each question once beside its sentence, and a share of them beside other sentences only."""
    asked = _asked(questions)
    told = {key: _joined(sentences[key]) for key in asked}
    stems = {key: content_of(text) for key, (text, _) in told.items()}
    for key, found in asked.items():
        near = sorted(told, key=lambda one: -len(stems[one] & stems[key]))[1:16]
        text, places = told[key]
        values = {span: text[slice(*span)] for at in found.values() if (span := _span(at, places))}
        for question, at in found.items():
            span = _span(at, places)
            if span is None:
                continue
            others = [told[one][0] for one in lot.sample(near, lot.randint(0, AROUND))]
            before = lot.randint(0, len(others))
            lead = "".join(f"{one}\n" for one in others[:before])
            passage = "\n".join([*others[:before], text, *others[before:]])
            apart = [value for other, value in values.items() if other[1] <= span[0] or span[1] <= other[0]]
            start, end = span[0] + len(lead), span[1] + len(lead)
            yield {"q": question, "c": passage, "s": start, "e": end, "src": "qamr", "others": apart}
            if lot.random() < WITHOUT:
                best = max(near[:6], key=lambda one: len(stems[one] & content_of(question)))
                yield {"q": question, "c": told[best][0], "s": -1, "e": -1, "src": "qamr-neg", "others": []}


def _asked(paths: Sequence[Path]) -> dict[str, dict[str, list[int]]]:
    """The questions of each sentence with the tokens of their answer, where one more person marked nearly the same."""
    found: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            key, _, _, _, _, question, mine, *theirs = line.split("\t")
            at = {int(one) for one in mine.split()}
            marked = [{int(one) for one in other.partition(":")[2].split()} for other in theirs]
            if max(len(at & one) / len(at | one) for one in marked) > 0.6:
                found[key].setdefault(question.strip(), sorted(at))
    return found


def _joined(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Join tokens to a text as people write it, with the place of each token."""
    text, places = "", list[tuple[int, int]]()
    for word in (_SIGNS.get(word, word) for word in words):
        tight = not text or bool(_TIGHT.search(f"{text[-1]} {word}"))
        start = len(text) + (not tight)
        text += word if tight else f" {word}"
        places.append((start, len(text)))
    return text, places


def _span(at: Sequence[int], places: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Where an answer stands; None for one of several pieces."""
    whole = at[-1] - at[0] + 1 == len(at) and at[-1] < len(places)
    return (places[at[0]][0], places[at[-1]][1]) if whole else None


def main() -> None:
    """Write the rows and say how many."""
    parser = Parser(prog="python -m groundsight.training.qamr_rows", description=__doc__)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    lines = (line.split("\t") for line in given.sentences.read_text("utf-8").splitlines())
    made = list(rows({key: text.split() for key, text in lines}, given.questions, random.Random(3)))
    with gzip.open(given.out, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(one) + "\n" for one in made)
    print(f"{len(made)} rows")


if __name__ == "__main__":
    main()
