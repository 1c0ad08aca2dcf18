"""Builds EfficientNet-Lite2 as an ONNX graph from its tensors; batch norms are folded into the convolutions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

EPSILON = 1e-3
OPSET = 17
IR_VERSION = 9
# (blocks, stride of the first): EfficientNet-B0's stages at depth 1.2, where the Lite family
# keeps the first and the last stage at one block. Kernels follow from the weights.
STAGES = ((1, 1), (3, 2), (3, 2), (4, 2), (4, 1), (5, 2), (1, 1))


def lite2_graph(tensors: Mapping[str, NDArray[np.float32]]) -> bytes:
    """Return the serialised graph: ``pictures`` (N, 3, side, side) to ``probabilities`` (N, 1000).

    Source: EfficientNet-Lite, tensorflow/tpu (Apache-2.0); no squeeze-and-excitation, ReLU6,
    padding as TensorFlow's SAME. Raises KeyError when a tensor is missing.
    """
    graph = _Graph(tensors)
    flow = graph.conv("pictures", "_conv_stem", "_bn0", stride=2, relu=True)
    number = 0
    for repeats, stride in STAGES:
        for repeat in range(repeats):
            flow = _block(graph, flow, f"_blocks.{number}", stride if repeat == 0 else 1)
            number += 1
    flow = graph.conv(flow, "_conv_head", "_bn1", relu=True)
    return graph.finish(graph.classify(flow))


def _block(graph: _Graph, flow: str, name: str, stride: int) -> str:
    """Expand, filter each channel, project; add the input where shapes allow."""
    entry = flow
    if graph.has(f"{name}._expand_conv.weight"):
        flow = graph.conv(flow, f"{name}._expand_conv", f"{name}._bn0", relu=True)
    flow = graph.conv(flow, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride, relu=True)
    flow = graph.conv(flow, f"{name}._project_conv", f"{name}._bn2")
    keeps = stride == 1 and graph.channels[entry] == graph.channels[flow]
    return graph.add(entry, flow) if keeps else flow


def with_free_sides(model: bytes) -> bytes:
    """Return a graph that takes one picture of any sides, where it was frozen to a batch of one size."""
    from onnx import load_from_string

    graph = load_from_string(model)
    for each in (graph.graph.input[0], *graph.graph.output):
        for place, dimension in enumerate(each.type.tensor_type.shape.dim):
            if place != 1:
                dimension.ClearField("dim_value")
                dimension.dim_param = f"{each.name}_{place}"
    return graph.SerializeToString()


@dataclass
class _Graph:
    """Nodes and weights in the making; every method returns the name of its output."""

    tensors: Mapping[str, NDArray[np.float32]]
    nodes: list[Any] = field(default_factory=list[Any])
    weights: list[Any] = field(default_factory=list[Any])
    channels: dict[str, int] = field(default_factory=lambda: {"pictures": 3})

    def has(self, name: str) -> bool:
        return name in self.tensors

    def conv(self, flow: str, name: str, norm: str, *, stride: int = 1, relu: bool = False) -> str:
        weight, bias = self._folded(name, norm)
        groups = self.channels[flow] // weight.shape[1]
        inputs = [flow, self._keep(f"{name}.w", weight), self._keep(f"{name}.b", bias)]
        out = self._node("Conv", inputs, name, group=groups, strides=[stride, stride], auto_pad="SAME_UPPER")
        self.channels[out] = int(weight.shape[0])
        return self._relu6(out) if relu else out

    def add(self, left: str, right: str) -> str:
        out = self._node("Add", [left, right], f"{right}.add")
        self.channels[out] = self.channels[right]
        return out

    def classify(self, flow: str) -> str:
        pooled = self._node("Flatten", [self._node("GlobalAveragePool", [flow], "pool")], "flat")
        weight, bias = self._keep("fc.w", self.tensors["_fc.weight"]), self._keep("fc.b", self.tensors["_fc.bias"])
        logits = self._node("Gemm", [pooled, weight, bias], "logits", transB=1)
        return self._node("Softmax", [logits], "probabilities", axis=1)

    def finish(self, out: str) -> bytes:
        from onnx import TensorProto, helper

        given = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["N", 3, "side", "side"])
        answer = helper.make_tensor_value_info(out, TensorProto.FLOAT, ["N", 1000])
        graph = helper.make_graph(self.nodes, "efficientnet-lite2", [given], [answer], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        return model.SerializeToString()

    def _relu6(self, flow: str) -> str:
        import numpy as np

        bounds = [self._keep("zero", np.float32(0)), self._keep("six", np.float32(6))]
        out = self._node("Clip", [flow, *bounds], f"{flow}.relu6")
        self.channels[out] = self.channels[flow]
        return out

    def _folded(self, name: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        import numpy as np

        scale = self.tensors[f"{norm}.weight"] / np.sqrt(self.tensors[f"{norm}.running_var"] + EPSILON)
        weight = self.tensors[f"{name}.weight"] * scale[:, None, None, None]
        bias = self.tensors[f"{norm}.bias"] - self.tensors[f"{norm}.running_mean"] * scale
        return weight.astype(np.float32), bias.astype(np.float32)

    def _node(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _keep(self, name: str, values: Any) -> str:
        import numpy as np
        from onnx import numpy_helper

        if all(weight.name != name for weight in self.weights):
            self.weights.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name
