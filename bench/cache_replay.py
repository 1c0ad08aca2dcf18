"""How often a question in other words finds the answer of before: ``python -m groundsight.bench.cache_replay FILE...``.

Files hold questions: JSON lines with ``question`` or ``q`` (also gzipped), or groups of rewordings parted by `` | ``.
2,000 are asked of them, the popular ones more often; of JSON lines in rule-made rewordings, which know nothing of how
the cache reads. Prints JSON: the hit ratio, that of wordings that were not asked before, and pairs of questions from
different lines that would share an answer (to be looked at: they may ask for the same).
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from groundsight.language.same_asking import asking

ASKED, PUBLIC_GROUPS, SEED = 2_000, 400, 7
_WH = re.compile(r"^(who|what|which|when|where|why|how)\b", re.IGNORECASE)
_OWNED = re.compile(r"\bthe (\w+) of ([A-Z][\w.]*(?: [A-Z][\w.]*)*)")
_BE = re.compile(r"^(who|what|where|when) (is|was|are|were) ([^?,]+)\??$", re.IGNORECASE)
_YEAR = re.compile(r"^(.*\S) (in (?:1[89]|20)\d\d)\?$")


def rewordings(question: str) -> list[str]:
    """Return a question in other words, by rules: courtesy, indirect speech, owners, fronted years, which and what."""
    lower = question[:1].lower() + question[1:]
    found = [f"Please tell me: {lower}", f"Can you tell me {lower}", question.rstrip("?"), f"I want to know: {lower}"]
    if owned := _OWNED.search(question):
        found.append(question.replace(owned.group(), f"{owned[2]}'s {owned[1]}"))
    if be := _BE.match(question):
        found += [
            f"Do you know {be[1].lower()} {be[3]} {be[2]}?",
            f"{be[3][:1].upper()}{be[3][1:]} {be[2]} {be[1].lower()}?",
        ]
    if year := _YEAR.match(question):
        found.append(f"{year[2].capitalize()}, {year[1][:1].lower()}{year[1][1:]}?")
    if question.startswith("Which "):
        found.append("What " + question.removeprefix("Which "))
    if question.startswith("What "):
        found.append("Which " + question.removeprefix("What "))
    return found


def groups(file: Path) -> Iterator[list[str]]:
    """Yield each question with its rewordings, as it was written first."""
    data = file.read_bytes()
    for line in (gzip.decompress(data) if file.suffix == ".gz" else data).decode().splitlines():
        if line.startswith("{"):
            told = json.loads(line)
            question = " ".join(str(told.get("question") or told.get("q") or "").split())
            if _WH.match(question) and question.endswith("?"):
                yield [question, *rewordings(question)]
        elif line and not line.startswith("#"):
            yield line.split(" | ")


def replay(listed: list[list[str]]) -> dict[str, object]:
    """Ask 2,000 times, group by a weight of 1 / rank, wording by chance; count what is found again."""
    chance = random.Random(SEED)
    chance.shuffle(listed)
    weights = [1 / (rank + 1) ** 0.5 for rank in range(len(listed))]
    seen, said, found, new, new_found = dict[tuple[str, ...], int](), set[str](), 0, 0, 0
    wrong = set[tuple[str, str]]()
    for at in chance.choices(range(len(listed)), weights, k=ASKED):
        words = chance.choice(listed[at])
        hit, first = asking(words) in seen, words not in said
        found, new, new_found = found + hit, new + first, new_found + (first and hit)
        if seen.setdefault(asking(words), at) != at:
            wrong.add((listed[seen[asking(words)]][0], words))
        said.add(words)
    return {
        "asked": ASKED,
        "groups": len(listed),
        "hit_ratio": round(found / ASKED, 3),
        "new_wordings": new,
        "hit_ratio_of_new_wordings": round(new_found / new, 3),
        "shared_by_different_lines": sorted(wrong),
    }


def main() -> None:
    """Replay the questions of the files that are named."""
    chance = random.Random(SEED)
    read = [[*groups(Path(name))] for name in sys.argv[1:]]
    kept = [chance.sample(one, min(PUBLIC_GROUPS, len(one))) for one in read]
    sys.stdout.write(json.dumps(replay([group for one in kept for group in one]), indent=1) + "\n")


if __name__ == "__main__":
    main()
