"""The large reader that teaches the packaged one is MPNet with other heads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundsight.encoders.minilm import open_tokenizer
from groundsight.encoders.torch_home import import_beside_torch, import_torch
from groundsight.training.reader_net import Shape
from groundsight.training.teacher_net import SPECIAL, TeacherNet

torch: Any = import_torch()
TINY = Shape(30_527, 514, 24, 32, 2, 1e-5)


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


def test_a_teacher_reads_the_packaged_ids_as_mpnet_reads_its_own(mpnet: Any, tmp_path: Path) -> None:
    teacher = TeacherNet(tmp_path, of=TINY).eval()
    ids = torch.tensor([open_tokenizer().encode("The lease of the mill, " * 30 + "ends in May.").ids])
    assert ids.shape[1] > 128, "far words share their bucket"
    numbers = teacher.get_buffer("ids")[ids]
    with torch.no_grad():
        x = teacher.norm(teacher.embedded(ids))
        for layer in teacher.layers:
            x = layer(x, teacher.nearness(ids.shape[1]))
        meant = mpnet(numbers).last_hidden_state
    assert torch.allclose(x, meant, atol=1e-4)
