"""Distil WordNet 3.0 to the tables of ``groundsight/language/lexicon``.

``python -m groundsight.training.distil_wordnet FOLDER`` reads the database files (``data.noun``, ``verb.exc``, ...) and
writes ``irregular.tsv.gz``, ``words.tsv.gz`` (stem of an ordinary word, share of its uses that are verbs) and
``wordnet.tsv.gz`` (stem, stems it licenses, stems that say its opposite; words that the packaged encoder's vocabulary
spells in one piece). A word licenses the other words of its first senses, what is one step broader, and what is
derived from any of them (approve, approval).
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from groundsight.doors.usage import Parser
from groundsight.language.stems import snowball

PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
# Senses are ordered by use; further ones license words that hardly ever are meant (measured on the written set).
SENSES = {"v": 4, "n": 3, "a": 3, "r": 2}
SIMILAR = 6
LEXICON = Path(__file__).resolve().parent.parent / "groundsight" / "language" / "lexicon"


@dataclass
class Synset:
    """One sense: its words, broader senses, similar senses, and pointers between words."""

    words: list[str]
    broader: list[str] = field(default_factory=list[str])
    similar: list[str] = field(default_factory=list[str])
    pointers: list[tuple[str, int, str, int]] = field(default_factory=list[tuple[str, int, str, int]])


def synsets(folder: Path) -> dict[str, Synset]:
    """Read every sense by part of speech and offset."""
    found: dict[str, Synset] = {}
    for part, name in PARTS.items():
        for line in (folder / f"data.{name}").read_text("utf-8").splitlines():
            if not line.startswith(" "):
                fields = line.split("|")[0].split()
                found[part + fields[0]] = _synset(fields)
    return found


def _synset(fields: list[str]) -> Synset:
    count = int(fields[3], 16)
    one = Synset([fields[4 + 2 * at].lower().split("(")[0] for at in range(count)])
    start = 5 + 2 * count
    for at in range(start, start + 4 * int(fields[start - 1]), 4):
        sign, offset, part, ends = fields[at : at + 4]
        target = part.replace("s", "a") + offset
        if sign in ("@", "@i"):
            one.broader.append(target)
        elif sign == "&":
            one.similar.append(target)
        elif sign in ("!", "+") and ends != "0000":
            one.pointers.append((sign, int(ends[:2], 16) - 1, target, int(ends[2:], 16) - 1))
    return one


def senses(folder: Path, senses_of: dict[str, Synset]) -> Iterator[tuple[str, str, str]]:
    """Yield word, part of speech and sense, the first senses of every word."""
    lines = ((part, line) for part, name in PARTS.items() for line in _lines(folder / f"index.{name}"))
    for part, line in lines:
        fields = line.split()
        first = (part + offset for offset in fields[-int(fields[2]) :][: SENSES[part]])
        yield from ((fields[0], part, sense) for sense in first if sense in senses_of)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if not line.startswith(" ")]


def relations(folder: Path, kept: frozenset[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return by stem what a word licenses and what it excludes."""
    every, stem = synsets(folder), snowball()
    licensed: dict[str, set[str]] = defaultdict(set)
    opposite: dict[str, set[str]] = defaultdict(set)
    for word, part, sense in senses(folder, every):
        if word in kept:
            like, unlike = _around(word, part, every[sense], every)
            licensed[stem(word)].update(stem(one) for one in like if one in kept)
            opposite[stem(word)].update(stem(one) for one in unlike)
    for key, found in licensed.items():
        found -= {key} | opposite[key]
    return licensed, opposite


def _around(word: str, part: str, one: Synset, every: dict[str, Synset]) -> tuple[list[str], list[str]]:
    """The words of a sense, of what is broader or similar, and of its family; and the opposites of the word itself."""
    near = [*one.broader, *(one.similar[:SIMILAR] if part == "a" else ())]
    family = [every[target].words[at] for sign, _, target, at in one.pointers if sign == "+"]
    mine = one.words.index(word) if word in one.words else -1
    unlike = [every[target].words[at] for sign, source, target, at in one.pointers if sign == "!" and source == mine]
    return [*one.words, *(wide for target in near for wide in every[target].words), *family], unlike


def exceptions(folder: Path, kept: frozenset[str]) -> dict[str, str]:
    """Return irregular forms by their lemma, verbs before nouns before adjectives ("left" is of "leave")."""
    found: dict[str, str] = {}
    for name in ("verb", "noun", "adj"):
        for line in (folder / f"{name}.exc").read_text("utf-8").splitlines():
            form, *lemmas = line.split()
            # WordNet lists a comparative under its positive; the two say different things.
            if form in kept and lemmas and lemmas[0] in kept and name != "adj":
                found.setdefault(form, lemmas[0])
    return found


def ordinary(folder: Path) -> dict[str, float]:
    """Return each stem that WordNet's tagged texts use, no proper names, with how many of its uses are verbs.

    One use of each part of speech that the word may be is granted.
    """
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    names = {word for line in _lines(folder / "data.noun") for word in line.split()[4:5] if word[0].isupper()}
    for line in _lines(folder / "cntlist.rev"):
        key, _, count = line.split()
        word, _, rest = key.partition("%")
        if word.isalpha() and word.capitalize() not in names:
            counts[word]["verb" if rest[0] == "2" else "other"] += int(count)
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    stem, verbs = snowball(), {line.split()[0] for line in _lines(folder / "index.verb")}
    for word, parts in counts.items():
        found[stem(word)][0] += parts["verb"] + (word in verbs)
        found[stem(word)][1] += sum(parts.values()) + (word in verbs)
    return {key: verb / every for key, (verb, every) in found.items()}


def main() -> None:
    """Write the tables."""
    parser = Parser(prog="python -m groundsight.training.distil_wordnet", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    vocabulary = (files("groundsight.encoders") / "data" / "vocab.txt").read_text("utf-8").split("\n")
    kept = frozenset(word for word in vocabulary if word.isalpha() and len(word) > 1)
    forms = exceptions(folder, kept)
    _write("irregular.tsv.gz", (f"{form}\t{lemma}" for form, lemma in sorted(forms.items())))
    _write("words.tsv.gz", (f"{key}\t{share:.1f}" for key, share in sorted(ordinary(folder).items())))
    licensed, opposite = relations(folder, kept)
    _write(
        "wordnet.tsv.gz",
        (
            f"{key}\t{' '.join(sorted(licensed[key]))}\t{' '.join(sorted(opposite.get(key, ())))}"
            for key in sorted({*licensed, *opposite})
        ),
    )


def _write(name: str, lines: Iterator[str]) -> None:
    packed = gzip.compress(("\n".join(lines) + "\n").encode("utf-8"), mtime=0)
    (LEXICON / name).write_bytes(packed)
    print(f"{name}: {len(packed)} bytes")


if __name__ == "__main__":
    main()
