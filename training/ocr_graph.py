"""Rewrite the packaged line recogniser to multiply as int8: ``python -m groundsight.training.ocr_graph PICTURES DIR``.

The large convolutions take the ranges that they meet in the lines of PICTURES (pages and receipts, as many as there
are); the last product, which tells 18,710 characters apart, is scaled line by line. Weights have 7 bits: without VNNI a
processor adds two products in 16 bits. The characters, which the packaged file holds, are written beside the graph.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from groundsight.encoders.weights import packaged_file, read_verified
from groundsight.vision.lines import CHARACTERS, PACKAGED, RECOGNISER, REQUIREMENT, LineFinder, line_input

onnx: Any = import_module("onnx")
runtime: Any = import_module("onnxruntime")
quantization: Any = import_module("onnxruntime.quantization")
LINES, OPSET, HEAVY = 120, 13, 70_000
# They fuse what the quantiser then no longer knows as a convolution or a product.
_NOT_FUSED = ["ConvActivationFusion", "MatmulTransposeFusion", "MatMulActivationFusion"]


def main(pictures: Path, folder: Path) -> None:
    """Write the graph and its characters."""
    packaged = packaged_file("rapidocr", PACKAGED[0], REQUIREMENT)
    graph = onnx.load_from_string(read_verified(packaged, PACKAGED[1], REQUIREMENT))
    characters = next(each.value for each in graph.metadata_props if each.key == "character")
    (folder / CHARACTERS[0]).write_text("\n".join((*characters.splitlines(), " ")), "utf-8")
    with TemporaryDirectory() as scratch:
        fused = _fused(graph, Path(scratch))
        onnx.save(_with_head(_quantised(fused, _lines(pictures), Path(scratch))), folder / RECOGNISER[0])


def _fused(graph: Any, scratch: Path) -> Any:
    """Let the runtime fuse GELU and layer norms, which leaves fewer tensors to quantise."""
    onnx.save(import_module("onnx.version_converter").convert_version(graph, OPSET), scratch / "packaged.onnx")
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(scratch / "fused.onnx")
    names = {"providers": ["CPUExecutionProvider"], "disabled_optimizers": _NOT_FUSED}
    runtime.InferenceSession(str(scratch / "packaged.onnx"), options, **names)
    fused = onnx.load(scratch / "fused.onnx")
    kept = [each for each in fused.opset_import if each.domain in ("", "com.microsoft")]
    del fused.opset_import[:]
    fused.opset_import.extend(kept)
    del fused.metadata_props[:]
    return fused


def _lines(pictures: Path) -> list[Any]:
    finder, found = LineFinder.open(), list[Any]()
    for path in sorted(pictures.iterdir()):
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))[:, :, ::-1]
        found += [line_input(each.pixels) for each in finder.find(np.ascontiguousarray(pixels))]
    random.Random(3).shuffle(found)
    return found[:LINES]


def _quantised(fused: Any, lines: Sequence[Any], scratch: Path) -> Any:
    base: Any = quantization.CalibrationDataReader

    class Lines(base):
        def __init__(self) -> None:
            self._each: Iterator[Any] = iter(lines)

        def get_next(self) -> dict[str, Any] | None:
            line = next(self._each, None)
            return None if line is None else {"x": line}

    onnx.save(fused, scratch / "fused.onnx")
    quantization.quantize_static(
        scratch / "fused.onnx",
        scratch / "int8.onnx",
        Lines(),
        nodes_to_quantize=_heavy(fused),
        per_channel=True,
        reduce_range=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
    )
    return onnx.load(scratch / "int8.onnx")


def _heavy(fused: Any) -> list[str]:
    """Name the convolutions that take the time; the small ones lose more than they save."""
    sizes = {str(each.name): int(np.prod(list[int](each.dims))) for each in fused.graph.initializer}
    return [node.name for node in fused.graph.node if node.op_type == "Conv" and sizes[node.input[1]] >= HEAVY]


def _head(graph: Any) -> Any:
    return [node for node in graph.graph.node if node.op_type == "MatMul"][-1]


def _with_head(model: Any) -> Any:
    """Multiply the last matrix as int8 with one scale a character and one a line, and add its bias in the same step."""
    graph, head = model.graph, _head(model)
    values = {each.name: each for each in graph.initializer}
    added = next(node for node in graph.node if head.output[0] in node.input)
    weights = onnx.numpy_helper.to_array(values[head.input[1]])
    scales = (np.abs(weights).max(axis=0) / 63).astype(np.float32)
    bias = next(name for name in added.input if name in values)
    new = {
        "head.q": np.rint(weights / scales).astype(np.int8),
        "head.scale": scales,
        "head.zero": np.zeros_like(scales, np.int8),
    }
    graph.initializer.remove(values[head.input[1]])
    graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in new.items())
    inputs = [head.input[0], *new, bias]
    place = list(graph.node).index(head)
    fused = onnx.helper.make_node("DynamicQuantizeMatMul", inputs, list(added.output), domain="com.microsoft")
    graph.node.remove(head)
    graph.node.remove(added)
    graph.node.insert(place, fused)
    return model


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
