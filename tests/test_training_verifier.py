"""The packaged verifier is MPNet with other heads, its weights rounded to four bits."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from groundsight.encoders.minilm import open_tokenizer
from groundsight.encoders.reader import Net
from groundsight.encoders.torch_home import import_beside_torch, import_torch
from groundsight.evals.tasks.written import Asked, NearMiss, Statement, Text
from groundsight.training.reader_net import Shape
from groundsight.training.verifier_net import SPECIAL, VerifierNet

torch: Any = import_torch()
TINY = Shape(30_527, 514, 24, 32, 2, 1e-5)
# Rows of whole blocks.
WHOLE = Shape(30_527, 514, 192, 256, 1, 1e-5)


@pytest.fixture
def mpnet(tmp_path: Path) -> Any:
    """A tiny MPNet of chance in a folder, its words in another order than the packaged reader's."""
    torch.manual_seed(3)
    transformers: Any = import_beside_torch("transformers")
    given = {"num_attention_heads": 12, "hidden_size": TINY.width, "num_hidden_layers": TINY.layers}
    given["max_position_embeddings"] = TINY.places
    config = transformers.MPNetConfig(vocab_size=TINY.words, intermediate_size=TINY.inner, **given)
    net = transformers.MPNetModel(config).eval()
    net.save_pretrained(tmp_path)
    words = sorted(SPECIAL.get(word, word) for word in open_tokenizer().get_vocab())
    (tmp_path / "vocab.txt").write_text("\n".join(words), "utf-8")
    return net


def test_a_verifier_reads_the_packaged_ids_as_mpnet_reads_its_own(mpnet: Any, tmp_path: Path) -> None:
    net = VerifierNet(tmp_path, of=TINY).eval()
    ids = torch.tensor([open_tokenizer().encode("The lease of the mill, " * 30 + "ends in May.").ids])
    assert ids.shape[1] > 128, "far words share their bucket"
    numbers = net.get_buffer("ids")[ids]
    with torch.no_grad():
        x = net.norm(net.embedded(ids))
        for layer in net.layers:
            x = layer(x, net.nearness(ids.shape[1]))
        meant = mpnet(numbers).last_hidden_state
    assert torch.allclose(x, meant, atol=1e-4)


@pytest.mark.filterwarnings("ignore")
def test_four_bits_are_those_that_the_net_was_trained_with(tmp_path: Path) -> None:
    from groundsight.training.train_verifier import ROUNDED_FROM, Rounding
    from groundsight.training.verifier_graph import export

    torch.manual_seed(5)
    net = VerifierNet(of=WHOLE).eval()
    written = Net("verifier", *export(net, tmp_path)).load(1, tmp_path)
    ids = torch.tensor([open_tokenizer().encode("Emil lent Rosa the cart of the mill.").ids])
    given = ids, torch.full_like(ids, 7), torch.ones_like(ids)
    exact = net.layers[0].qkv.weight.detach().clone()
    hold = Rounding(net)
    with torch.no_grad(), hold(ROUNDED_FROM):
        held = net(*given)
    assert torch.equal(net.layers[0].qkv.weight, exact), "what learns are the exact weights"
    with torch.no_grad(), hold(0.0):
        free = net(*given)
    shipped = torch.tensor(
        written.run(dict(zip(("ids", "kinds", "mask"), map(torch.Tensor.numpy, given), strict=True)))
    )
    assert torch.allclose(shipped, held, atol=1e-3)
    assert not torch.allclose(shipped, free, atol=1e-3)


def test_a_near_miss_is_stated_with_the_value_that_tempts() -> None:
    from groundsight.training import train_verifier

    asked = [
        Asked(question="Who rents the mill?", answer="Rosa", type="who"),
        Asked(question="When does the lease end?", answer="in May", type="when"),
    ]
    miss = [NearMiss(question="Who rents the barn?", how="party")]
    text = Text(id="mill", text="Rosa rents the mill. The lease ends in May.", questions=asked, near_misses=miss)
    rows = train_verifier.statements([text] * 30, random.Random(4))
    assert {(row.asked, row.supported) for row in rows} == {
        ("Who rents the mill? Rosa", True),
        ("Who rents the mill? in May", False),
        ("When does the lease end? in May", True),
        ("When does the lease end? Rosa", False),
        ("Who rents the barn? Rosa", False),
    }


def test_a_claim_elsewhere_is_false_beside_a_text_that_shares_its_words() -> None:
    from groundsight.training.train_verifier import elsewhere

    said = [Statement(claim="The mill stands in Sorn.", label="supported", how="verb")]
    texts = [
        Text(id=name, text=text, claims=said if name == "mill" else [])
        for name, text in (
            ("mill", "The mill of Sorn is old."),
            ("inn", "The inn stands in Vale."),
            ("tax", "Fees rose."),
        )
    ]
    (row,) = elsewhere([*texts, *[one.model_copy(update={"claims": []}) for one in texts]], random.Random(2))
    assert (row.passage, row.supported) == ("The inn stands in Vale.", False)
