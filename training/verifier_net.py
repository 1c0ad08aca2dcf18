"""The packaged verifier as a torch module: all-mpnet-base-v2 with the heads and the match kinds of the reader."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn

from groundsight.encoders.minilm import open_tokenizer
from groundsight.encoders.pairing import KINDS
from groundsight.training.reader_net import HEADS, ReaderNet, Shape

MPNET = Shape(30_527, 514, 768, 3_072, 12, 1e-5)
BUCKETS, FAR, FIRST_PLACE = 32, 128, 2
SPECIAL: dict[str, str] = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>", "[MASK]": "<mask>"}


class VerifierNet(ReaderNet):
    """Reads the ids of the packaged reader: both have the words of BERT, here numbered otherwise."""

    def __init__(self, folder: Path | None = None, of: Shape = MPNET) -> None:
        super().__init__(of=of)
        self.rel = nn.Embedding(BUCKETS, HEADS)
        self.register_buffer("ids", torch.zeros(30_522, dtype=torch.long))
        if folder:
            self._load_mpnet(folder, of)

    def embedded(self, ids: torch.Tensor) -> torch.Tensor:
        places = torch.arange(FIRST_PLACE, ids.shape[1] + FIRST_PLACE)
        return self.words(self.get_buffer("ids")[ids]) + self.places(places[None])

    def nearness(self, length: int) -> torch.Tensor:
        """Distances in buckets, near ones exact, far ones by their logarithm, as MPNet counts them."""
        place = torch.arange(length)
        ahead = place[None, :] - place[:, None]
        half, exact = BUCKETS // 2, BUCKETS // 4
        far = exact + (torch.log(ahead.abs().clamp(min=1) / exact) / math.log(FAR / exact) * exact).long()
        bucket = torch.where(ahead.abs() < exact, ahead.abs(), far.clamp(max=half - 1)) + (ahead > 0) * half
        return self.rel(bucket).permute(2, 0, 1)[None]

    def _load_mpnet(self, folder: Path, of: Shape) -> None:
        """Start from a folder with ``model.safetensors`` and ``vocab.txt``."""
        # The types of safetensors are partial.
        load_file: Any = import_module("safetensors.torch").load_file
        given = {key.removeprefix("mpnet."): value for key, value in load_file(folder / "model.safetensors").items()}
        state = {
            "words.weight": given["embeddings.word_embeddings.weight"],
            "places.weight": given["embeddings.position_embeddings.weight"],
            "rel.weight": given["encoder.relative_attention_bias.weight"],
            "kinds.weight": 0.01 * torch.randn(KINDS, of.width),
        }
        for part in ("weight", "bias"):
            state[f"norm.{part}"] = given[f"embeddings.LayerNorm.{part}"]
            for at in range(of.layers):
                layer, mine = f"encoder.layer.{at}.", f"layers.{at}."
                state[f"{mine}qkv.{part}"] = torch.cat([given[f"{layer}attention.attn.{one}.{part}"] for one in "qkv"])
                state[f"{mine}out.{part}"] = given[f"{layer}attention.attn.o.{part}"]
                state[f"{mine}norm_1.{part}"] = given[f"{layer}attention.LayerNorm.{part}"]
                state[f"{mine}first.{part}"] = given[f"{layer}intermediate.dense.{part}"]
                state[f"{mine}second.{part}"] = given[f"{layer}output.dense.{part}"]
                state[f"{mine}norm_2.{part}"] = given[f"{layer}output.LayerNorm.{part}"]
        numbers: dict[str, int] = {
            word: at for at, word in enumerate((folder / "vocab.txt").read_text("utf-8").split("\n"))
        }
        mine_of: dict[str, int] = open_tokenizer().get_vocab()
        state["ids"] = torch.empty(len(mine_of), dtype=torch.long)
        for word, at in mine_of.items():
            state["ids"][at] = numbers[SPECIAL.get(word, word)]
        self.load_state_dict(state, strict=False)
