"""The packaged reader as a torch module: MiniLM-L6 with match kinds for token types, a claim head and a span head."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from groundsight.encoders.pairing import KINDS, MATCHED, OPPOSITE, P_IDLE, P_LICENSED

HEADS, MASKED = 12, -1e4


@dataclass(frozen=True)
class Shape:
    """How large a net is: its vocabulary, places, width, inner width, layers and the epsilon of its norms."""

    words: int
    places: int
    width: int
    inner: int
    layers: int
    eps: float


MINILM = Shape(30_522, 512, 384, 1_536, 6, 1e-12)


class Layer(nn.Module):
    """One BERT layer with its three projections in one."""

    def __init__(self, of: Shape) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(of.width, 3 * of.width), nn.Linear(of.width, of.width)
        self.first, self.second = nn.Linear(of.width, of.inner), nn.Linear(of.inner, of.width)
        self.norm_1, self.norm_2 = (nn.LayerNorm(of.width, eps=of.eps) for _ in range(2))
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        rows, length, width = x.shape
        q, k, v = self.qkv(x).view(rows, length, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * (width // HEADS) ** -0.5 + bias, -1)
        x = self.norm_1(x + self.drop(self.out((weights @ v).transpose(1, 2).reshape(rows, length, width))))
        return self.norm_2(x + self.drop(self.second(functional.gelu(self.first(x)))))


class ReaderNet(nn.Module):
    """``forward`` gives (rows, tokens, 4): start, end (at token 0: no answer), false word, claim (at token 0)."""

    def __init__(self, minilm: Path | None = None, of: Shape = MINILM) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(of.words, of.width), nn.Embedding(of.places, of.width)
        self.kinds, self.norm = nn.Embedding(KINDS, of.width), nn.LayerNorm(of.width, eps=of.eps)
        self.layers = nn.ModuleList(Layer(of) for _ in range(of.layers))
        self.false_word, self.span, self.nothing = (nn.Linear(of.width, count) for count in (1, 2, 1))
        self.claim = nn.Sequential(nn.Linear(2 * of.width, of.width), nn.GELU(), nn.Linear(of.width, 1))
        if minilm:
            self._load(minilm)

    def embedded(self, ids: torch.Tensor) -> torch.Tensor:
        """Words and places, without the kinds of match."""
        return self.words(ids) + self.places(torch.arange(ids.shape[1])[None])

    def nearness(self, length: int) -> torch.Tensor | float:
        """What the distance of two tokens adds to their attention."""
        return 0.0

    def forward(self, ids: torch.Tensor, kinds: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.embedded(ids) + self.kinds(kinds))
        bias = (1.0 - mask.to(x.dtype))[:, None, None] * MASKED + self.nearness(ids.shape[1])
        for layer in self.layers:
            x = layer(x, bias)
        false = self.false_word(x).float()
        mine = ((kinds >= MATCHED) & (kinds <= OPPOSITE)).unsqueeze(-1)
        doubted = (x.float() * torch.softmax(false.masked_fill(~mine, MASKED), 1)).sum(1)
        claim = self.claim(torch.cat([x[:, 0].float(), doubted], -1).to(self.span.weight.dtype)).float()
        theirs = ((kinds >= P_IDLE) & (kinds <= P_LICENSED) & (mask > 0)).unsqueeze(-1)
        span = self.span(x).float().masked_fill(~theirs, MASKED)
        nothing = self.nothing(x[:, :1]).float().expand(-1, 1, 2)
        first = torch.cat([nothing, false[:, :1], claim[:, None]], -1)
        rest = torch.cat([span[:, 1:], false[:, 1:], torch.zeros_like(false[:, 1:])], -1)
        return torch.cat([first, rest], 1)

    def _load(self, path: Path) -> None:
        """Start from all-MiniLM-L6-v2 (``model.safetensors``); every match kind starts as its one token type."""
        # The types of safetensors are partial.
        load_file: Any = import_module("safetensors.torch").load_file
        given = {key.removeprefix("bert."): value for key, value in load_file(str(path)).items()}
        named = {"words": "word_embeddings", "places": "position_embeddings"}
        state = {f"{mine}.weight": given[f"embeddings.{theirs}.weight"] for mine, theirs in named.items()}
        first = given["embeddings.token_type_embeddings.weight"][:1]
        state["kinds.weight"] = first.repeat(KINDS, 1) + 0.02 * torch.randn(KINDS, MINILM.width)
        for part in ("weight", "bias"):
            state[f"norm.{part}"] = given[f"embeddings.LayerNorm.{part}"]
            for at in range(MINILM.layers):
                layer, mine = f"encoder.layer.{at}.", f"layers.{at}."
                three = [given[f"{layer}attention.self.{name}.{part}"] for name in ("query", "key", "value")]
                state[f"{mine}qkv.{part}"] = torch.cat(three)
                state[f"{mine}out.{part}"] = given[f"{layer}attention.output.dense.{part}"]
                state[f"{mine}norm_1.{part}"] = given[f"{layer}attention.output.LayerNorm.{part}"]
                state[f"{mine}first.{part}"] = given[f"{layer}intermediate.dense.{part}"]
                state[f"{mine}second.{part}"] = given[f"{layer}output.dense.{part}"]
                state[f"{mine}norm_2.{part}"] = given[f"{layer}output.LayerNorm.{part}"]
        self.load_state_dict(state, strict=False)


def unpacked(path: Path) -> dict[str, torch.Tensor]:
    """Return the weights of an exported reader (int8, ``.onnx``) as those of a ``ReaderNet``."""
    onnx: Any = import_module("onnx")
    graph, tensor = onnx.load(str(path)).graph, torch.tensor
    given = {one.name: tensor(onnx.numpy_helper.to_array(one)) for one in graph.initializer}

    def scaled(name: str) -> torch.Tensor:
        return (given[f"{name}_quantized"].float() - given[f"{name}_zero_point"].float()) * given[f"{name}_scale"]

    state = {name: one for name, one in given.items() if one.dtype == torch.float32 and not name.endswith("_scale")}
    state |= {f"{name}.weight": scaled(f"{name}.weight") for name in ("words", "places", "kinds")}
    # The export names no weights of products: they come in the order of ``forward``, the heads as it draws on them.
    named = [f"layers.{at}.{part}" for at in range(MINILM.layers) for part in ("qkv", "out", "first", "second")]
    named += ["false_word", "span", "nothing", "claim.0", "claim.2"]
    products = [node.input[1].removesuffix("_quantized") for node in graph.node if node.op_type == "MatMulInteger"]
    state |= {f"{name}.weight": scaled(product).T for name, product in zip(named, products, strict=True)}
    return state
