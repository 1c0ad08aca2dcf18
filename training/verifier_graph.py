"""Write the packaged verifier: a graph that multiplies int8, and its matrices in four bits a weight (``four_bits``)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from groundsight.encoders.four_bits import BLOCK, TURNED, folded
from groundsight.training.reader_net import ReaderNet
from groundsight.training.train_reader import whole

onnx: Any = import_module("onnx")
helper, numpy_helper, TensorProto = onnx.helper, onnx.numpy_helper, onnx.TensorProto
MICROSOFT, WORDS = "com.microsoft", "words.weight"
# The greatest of a block becomes 7.5 steps: a weight loses .098 of itself on average, .104 with 7 and .099 with 8.
STEPS = 7.5


def parts(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return ``q`` (rows, blocks, 32), ``m`` (rows, blocks) and ``scale`` (rows, 1) of a matrix."""
    blocks = weight.reshape(len(weight), -1, BLOCK)
    top = blocks.abs().amax(-1)
    scale = (top.amax(-1, keepdim=True) / (STEPS * 16)).clamp_min(1e-9)
    m = (top / (STEPS * scale)).round().clamp(1, 16)
    return (blocks / (scale * m).unsqueeze(-1)).round().clamp(-8, 7), m, scale


def rounded(weight: torch.Tensor) -> torch.Tensor:
    """Return a matrix as it ships."""
    q, m, scale = parts(weight)
    return (q * (scale * m).unsqueeze(-1)).reshape(weight.shape)


class _Graph:
    """The nodes of an exported graph, its large matrices replaced by int8 ones that lie elsewhere."""

    def __init__(self, graph: Any) -> None:
        self.weights = {one.name: one for one in graph.initializer}
        self.folded: dict[str, Any] = {}
        self._quantised: set[str] = set()
        self.nodes = [new for old in graph.node for new in self._replaced(old)]

    def _replaced(self, node: Any) -> Iterator[Any]:
        if node.op_type == "Gather" and node.input[0] == WORDS:
            yield from self._looked_up(node)
        elif node.op_type == "MatMul" and min(getattr(self.weights.get(node.input[1]), "dims", [0])) >= BLOCK:
            yield from self._multiplied(node)
        else:
            yield node

    def _looked_up(self, node: Any) -> Iterator[Any]:
        """Rows of int8, and the scale of each."""
        scale = self._fold(TURNED, self._taken(WORDS))
        self._constant("words.scale", scale)
        yield helper.make_node("Gather", [TURNED, node.input[1]], ["words.q"])
        yield helper.make_node("Cast", ["words.q"], ["words.f"], to=TensorProto.FLOAT)
        yield helper.make_node("Gather", ["words.scale", node.input[1]], ["words.s"])
        yield helper.make_node("Mul", ["words.f", "words.s"], list(node.output))

    def _multiplied(self, node: Any) -> Iterator[Any]:
        """What comes in is quantised once, however many products it is in."""
        given, name = node.input[0], f"product{len(self.folded)}"
        scale = self._fold(name, self._taken(node.input[1]).T)
        self._constant(f"{name}.scale", scale[:, 0])
        self._constant(f"zeros{len(scale)}", np.zeros(len(scale), np.int8))
        if given not in self._quantised:
            self._quantised.add(given)
            yield helper.make_node("DynamicQuantizeLinear", [given], [f"{given}.{part}" for part in "qsz"])
        inputs = [f"{given}.q", name, f"{given}.s", f"{name}.scale", f"{given}.z", f"zeros{len(scale)}"]
        yield helper.make_node("MatMulIntegerToFloat", inputs, list(node.output), domain=MICROSOFT)

    def _taken(self, name: str) -> Any:
        return numpy_helper.to_array(self.weights.pop(name))

    def _constant(self, name: str, value: Any) -> None:
        self.weights[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)

    def _fold(self, name: str, rows: Any) -> Any:
        """Keep a matrix for the archive, hold its place in the graph, and return its scales."""
        q, m, scale = parts(torch.tensor(rows))
        self.folded[f"{name}.q"], self.folded[f"{name}.m"] = folded(
            *(each.reshape(len(rows), -1).numpy().astype(np.int8).T for each in (q, m))
        )
        place = TensorProto(name=name, data_type=TensorProto.INT8)
        place.dims.extend(rows.shape if name == TURNED else rows.T.shape)
        place.data_location = TensorProto.EXTERNAL
        place.external_data.add(key="location", value="folded")
        self.weights[name] = place
        return scale.numpy()


def export(net: ReaderNet, folder: Path) -> tuple[str, str]:
    """Write ``verifier.onnx`` and ``verifier.npz`` and return their hashes."""
    exact = whole(net, folder / "verifier.fp32.onnx")
    given = onnx.load(str(exact)).graph
    exact.unlink()
    graph = _Graph(given)
    made = helper.make_graph(graph.nodes, "verifier", given.input, given.output, list(graph.weights.values()))
    versions = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(made, opset_imports=versions, ir_version=8, producer_name="groundsight")
    (folder / "verifier.onnx").write_bytes(model.SerializeToString(deterministic=True))
    np.savez(folder / "verifier.npz", **graph.folded)
    first, second = (hashlib.sha256((folder / f"verifier.{kind}").read_bytes()).hexdigest() for kind in ("onnx", "npz"))
    return first, second
