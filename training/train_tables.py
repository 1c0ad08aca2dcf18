"""Train the weights by which a program over a table is chosen, and write them.

``python -m groundsight.training.train_tables --questions training.tsv --tables FOLDER --sheets SHEETS... TEXTS...``:
questions and ``csv`` folder of WikiTableQuestions, SHEETS like ``evals/written/sheets_train.jsonl``, TEXTS like
``evals/written/train.jsonl``. Ten minutes on one core. A program that gives the answer is right whatever it does; where
none does, "none" is.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from groundsight.computing.parsing.scores import WEIGHTS
from groundsight.doors.usage import Parser
from groundsight.evals.reading import read_rows
from groundsight.evals.tasks.written import read_texts
from groundsight.training.table_rows import Example, Sheet, of_sheets, of_texts, of_wikipedia

HIDDEN, DROPPED, PASSES, TOGETHER = 32, 0.3, 4, 64
LEAST_SEEN = 20
RATES = {"line": 0.01, "net": 0.003}
DECAY = 0.05
# A question of everyday tables weighs as four of Wikipedia: its tables are those that people have.
WEIGHT = {"text": 4.0, "miss": 4.0, "sheet": 4.0, "tempting": 4.0}
# The types of torch are partial.
lib: Any = torch


class Chooser(torch.nn.Module):
    """A log-linear model with a small net beside it; ``none`` is the score of no program."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        lib.manual_seed(0)
        self.at = {name: at for at, name in enumerate(names)}
        self.line = torch.nn.Parameter(torch.zeros(len(names), 1))
        self.first = torch.nn.Parameter(torch.randn(len(names), HIDDEN) * 0.1)
        self.bias, self.second = torch.nn.Parameter(torch.zeros(HIDDEN)), torch.nn.Parameter(torch.zeros(HIDDEN))
        self.none = torch.nn.Parameter(torch.zeros(1))

    def forward(self, examples: Sequence[Example]) -> list[torch.Tensor]:
        """Return the scores of the programs of each example, that of none last."""
        ids, values, starts = list[int](), list[float](), list[int]()
        for choice in (one for example in examples for one in example.choices):
            starts.append(len(ids))
            known = [(self.at[name], value) for name, value in choice.features.items() if name in self.at]
            ids += [at for at, _ in known]
            values += [value for _, value in known]
        if not starts:
            return [self.none for _ in examples]
        bag: Any = functional.embedding_bag
        given = {"mode": "sum", "per_sample_weights": torch.tensor(values)}
        where, at = torch.tensor(ids), torch.tensor(starts)
        hidden = torch.relu(bag(where, self.first, at, **given) + self.bias)
        hidden = functional.dropout(hidden, DROPPED, self.training)
        scores = bag(where, self.line, at, **given)[:, 0] + hidden @ self.second
        parts = scores.split([len(example.choices) for example in examples])
        return [torch.cat([one, self.none]) for one in parts]


def loss_of(example: Example, scores: torch.Tensor) -> torch.Tensor:
    """Minus the logarithm of what the right programs have together."""
    right = [one.right for one in example.choices]
    told = torch.tensor([*right, not any(right)])
    return WEIGHT.get(example.source, 1.0) * (torch.logsumexp(scores, 0) - torch.logsumexp(scores[told], 0))


def train(examples: list[Example], lot: random.Random) -> Chooser:
    """Read every example some times, the rates falling to nothing."""
    seen = Counter(name for one in examples for choice in one.choices for name in choice.features)
    net = Chooser([name for name, count in seen.items() if count >= LEAST_SEEN])
    groups = [
        {"params": [net.line, net.none], "lr": RATES["line"]},
        {"params": [net.first, net.bias, net.second], "lr": RATES["net"]},
    ]
    optimiser: Any = torch.optim.AdamW(groups, weight_decay=DECAY)
    falling: Any = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.02, PASSES * math.ceil(len(examples) / TOGETHER))
    for number in range(PASSES):
        lot.shuffle(examples)
        lost = 0.0
        for at in range(0, len(examples), TOGETHER):
            drawn = examples[at : at + TOGETHER]
            loss: Any = sum(map(loss_of, drawn, net(drawn)), torch.tensor(0.0)) / len(drawn)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            falling.step()
            lost += loss.item() * len(drawn)
        print(f"pass {number + 1}: loss {lost / len(examples):.3f}", flush=True)
    return net.eval()


def figures(net: Chooser, examples: Sequence[Example], least: Sequence[float]) -> str:
    """Return how many answers are right and wrong where the likeliest has at least so much."""
    found: list[tuple[float, bool]] = []
    with torch.no_grad():
        for example, scores in zip(examples, net(examples), strict=True):
            shares, right = defaultdict[str, float](float), set[str]()
            for choice, share in zip(example.choices, lib.softmax(scores, 0).tolist(), strict=False):
                shares[choice.result] += share
                right |= {choice.result} if choice.right else set()
            best = max(shares, key=lambda one: shares[one], default="")
            found.append((shares[best], best in right) if best else (0.0, False))
    given = ({edge: [right for share, right in found if share >= edge] for edge in least}).items()
    return f"{len(found)}: " + ", ".join(f"{edge} {sum(one)}/{len(one) - sum(one)}" for edge, one in given)


def main() -> None:
    """Train, print what is right and wrong on held-out tables, and write the weights."""
    parser = Parser(prog="python -m groundsight.training.train_tables", description=__doc__)
    for name in ("--questions", "--tables"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--part", type=int, help="of so many questions of Wikipedia only")
    parser.add_argument("--sheets", type=Path, nargs="*", default=[])
    parser.add_argument("texts", type=Path, nargs="+")
    given = parser.parse_args()
    texts = [text for path in given.texts for text in read_texts(path)]
    sheets = [sheet for path in given.sheets for sheet in read_rows(path, Sheet)]
    wikipedia = of_wikipedia(given.questions, given.tables, 7, given.part)
    examples = [*wikipedia, *of_texts(texts), *of_sheets(sheets)]
    net = train([one for one in examples if not one.held_out], random.Random(7))
    for source in dict.fromkeys(one.source for one in examples):
        held = [one for one in examples if one.held_out and one.source == source]
        print(source, figures(net, held, (0.3, 0.4, 0.5, 0.6, 0.7)))
    told: dict[str, Any] = {name: one.detach().numpy().astype(np.float16) for name, one in net.named_parameters()}
    np.savez_compressed(WEIGHTS, names=np.array([*net.at]), **told)


if __name__ == "__main__":
    main()
