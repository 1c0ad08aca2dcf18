"""What the packaged nets learn from: rows keep their labels, and weights read back are those that were written."""

from __future__ import annotations

import random
from importlib.resources import files
from pathlib import Path

import pytest

from groundsight.encoders.minilm import open_tokenizer
from groundsight.encoders.pairing import paired
from groundsight.encoders.reader import Reader
from groundsight.evals.reading import read_rows
from groundsight.evals.tasks.written import WRITTEN, Pair, Parted, Statement, Text, Weighed

PACKAGED = Path(str(files("groundsight.encoders") / "data" / "reader.onnx"))
PAIR = Pair(
    id="shift",
    a="Notes of the mill\nRosa lent her cart to Emil. The flour costs 3 euros.",
    b="Notes of the mill\nEmil lent his cart to Rosa. The flour was not priced.",
    claims=[Weighed(claim="Emil had the cart of Rosa.", a="supported", b="contradicted", how="role")],
    questions=[
        Parted(question="Who borrowed the cart?", a="Emil", b="Rosa", type="who"),
        Parted(question="What does flour cost at the mill?", a="3 euros", b=None, type="how_much"),
    ],
)


def test_a_question_over_a_pair_is_answered_by_the_text_that_says_it() -> None:
    from groundsight.training.reader_rows import parted

    rows = list(parted([PAIR], random.Random(1)))
    spans = [(row.asked, row.passage[slice(*row.span)]) for row in rows if row.task == "question" and row.span[0] >= 0]
    assert spans == [
        ("Who borrowed the cart?", "Emil"),
        ("What does flour cost at the mill?", "3 euros"),
        ("Who borrowed the cart?", "Rosa"),
    ]
    silent = [row.asked for row in rows if row.task == "question" and row.span[0] < 0]
    assert silent == ["What does flour cost at the mill?"]
    said = [(row.asked, row.supported) for row in rows if row.task == "claim"]
    assert [right for asked, right in said if asked == "Who borrowed the cart? Emil"] == [True, False]
    assert [right for asked, right in said if asked == "What does flour cost at the mill? 3 euros"] == [True, False]


def test_a_packaged_reader_is_read_back_as_it_was_written() -> None:
    torch = pytest.importorskip("torch")
    from groundsight.training.reader_net import ReaderNet, unpacked

    net = ReaderNet()
    net.load_state_dict(unpacked(PACKAGED))
    claims = ("Rosa had the cart of Emil.", "Emil had the cart of Rosa.", "The flour costs 3 euros.")
    laid = [paired(claim, PAIR.b, "claim", open_tokenizer()) for claim in claims]
    with torch.no_grad():
        ids, kinds = (
            [torch.tensor([one]) for one in each] for each in zip(*((x.ids, x.kinds) for x in laid), strict=True)
        )
        mine = [float(net.eval()(one, two, torch.ones_like(one))[0, 0, 3]) for one, two in zip(ids, kinds, strict=True)]
    packaged = Reader(threads=1).support([(claim, PAIR.b) for claim in claims])
    assert mine == pytest.approx(packaged, abs=0.6), "the packaged one quantises what it multiplies, too"


@pytest.mark.parametrize("path", sorted(WRITTEN.glob("pairs_*.jsonl")), ids=lambda path: path.stem)
def test_an_answer_over_a_pair_stands_in_its_text(path: Path) -> None:
    for pair in read_rows(path, Pair):
        for one in pair.questions:
            assert one.a or one.b
            for value, text in ((one.a, pair.a), (one.b, pair.b)):
                assert value is None or all(part in text for part in value.split("; "))


def test_the_false_sentence_of_a_couple_is_false_in_the_words_in_which_it_differs() -> None:
    from groundsight.training.reader_rows import written

    said = [
        ("Emil lent his cart to Rosa.", True),
        ("Rosa lent his cart to Emil.", False),
        ("The flour has not a price.", True),
        ("The flour has a price.", False),
        ("Nobody asked for bread.", True),
        ("The mill stands in Sorn.", False),
    ]
    labels = {True: "supported", False: "contradicted"}
    claims = [Statement(claim=claim, label=labels[right], how="role") for claim, right in said]
    text = Text(id="mill", text=PAIR.b, claims=claims)
    rows = [row for row in written([text], random.Random(1)) if row.task == "claim"]
    false = {row.asked: [row.asked[slice(*span)] for span in row.false_words] for row in rows}
    assert false["Rosa lent his cart to Emil."] == ["Rosa", "Emil"]
    assert false["The flour has a price."] == ["has", "a"], "what is left out lies between its neighbours"
    assert not false["The mill stands in Sorn."], "two sentences are no couple"
