"""Sentence pairs that people edited until they said the opposite, as claims to train the packaged reader on.

``python -m groundsight.training.edited_rows PAIRS.tsv... OUT.jsonl.gz``: the files of ``NLI/all_combined`` of
acmi-lab/counterfactually-augmented-data (Apache-2.0; captions of SNLI, CC BY-SA 4.0). The same sentence stands beside
captions that say it and captions that differ in a few words and do not.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from groundsight.doors.usage import Parser


def main() -> None:
    """Write every labelled pair once."""
    parser = Parser(prog="python -m groundsight.training.edited_rows", description=__doc__)
    parser.add_argument("pairs", type=Path, nargs="+", help="files of labelled pairs")
    parser.add_argument("out", type=Path, help="the rows to write")
    given = parser.parse_args()
    with gzip.open(given.out, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for path in given.pairs for row in rows(path))


def rows(path: Path) -> Iterator[dict[str, object]]:
    """Yield each pair as a claim beside the caption."""
    with path.open(encoding="utf-8", newline="") as lines:
        for one in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            label = one["gold_label"] == "entailment"
            yield {"claim": one["sentence2"], "evidence": one["sentence1"], "label": label, "source": "edited"}


if __name__ == "__main__":
    main()
