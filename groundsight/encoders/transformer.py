"""Any BERT-like or sentence-transformers model from a local folder, through transformers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from groundsight.encoders.model_folder import ModelFolder, open_folder
from groundsight.encoders.torch_home import as_rows, inference, on_device
from groundsight.encoders.weights import finite, unit_rows
from groundsight.errors import ModelFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 16
MULTILINGUAL_PIECES = 100_000


class TransformerEncoder:
    """Mean or CLS pooling as the folder's pooling config says, mean without one.

    Prefixes for queries and passages (E5 and others) are those that
    ``config_sentence_transformers.json`` names under ``prompts``.
    """

    def __init__(self, folder: ModelFolder, model: Any, tokenizer: Any, device: str) -> None:
        self.model, self._tokenizer, self.device = model, tokenizer, device
        self._uses_cls = bool(folder.setting("1_Pooling/config.json").get("pooling_mode_cls_token", False))
        self._prefixes = _prefixes(folder)
        self._max_tokens = folder.max_tokens()
        self._fingerprint = f"{folder.fingerprint}:{'cls' if self._uses_cls else 'mean'}"

    @classmethod
    def open(cls, where: str, *, device: str, allow_download: bool) -> TransformerEncoder:
        """Load a folder, or a hub id where downloads are allowed.

        Raises:
            Disabled: the extra is not installed.
            ConfigError: no such folder or device.
            ModelFailed: the folder is not a whole, code-free safetensors model.
        """
        folder = open_folder(where, allow_download=allow_download)
        model = on_device(folder.load_model("AutoModel"), device)
        return cls(folder, model, folder.load("AutoTokenizer"), device)

    @property
    def fingerprint(self) -> str:
        """Folder name, hash of weights and vocabulary, pooling."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Width of the last hidden state."""
        return int(self.model.config.hidden_size)

    @property
    def multilingual(self) -> bool:
        """Told by the vocabulary: XLM-R has 250,002 pieces, multilingual BERT 119,547, English BERT 30,522."""
        return int(self.model.config.vocab_size) >= MULTILINGUAL_PIECES

    def encode(self, texts: Sequence[str], *, role: Literal["query", "passage"] = "passage") -> NDArray[np.float32]:
        """Return float32 of shape (len(texts), dimension), rows of length 1."""
        import numpy as np

        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            with inference(self._fingerprint):
                rows[batch] = as_rows(self.pooled([texts[number] for number in batch], role))
        return unit_rows(finite(rows, self._fingerprint))

    def pooled(self, texts: list[str], role: Literal["query", "passage"]) -> Any:
        """Return a tensor of shape (len(texts), dimension) with its gradients: what an adapter is trained on."""
        prefix = self._prefixes.get(role, "")
        tokens = self._tokenizer(
            [prefix + text for text in texts], padding=True, truncation=True, max_length=self._max_tokens,
            return_tensors="pt",
        ).to(self.device)  # fmt: skip
        states = self.model(**tokens).last_hidden_state
        if self._uses_cls:
            return states[:, 0]
        mask = tokens["attention_mask"].unsqueeze(-1)
        return (states * mask).sum(1) / mask.sum(1)

    def rename(self, fingerprint: str) -> None:
        """Give the encoder another fingerprint, as its weights were changed."""
        self._fingerprint = fingerprint


def _prefixes(folder: ModelFolder) -> dict[str, str]:
    """Return the prompts that the folder names for queries and passages."""
    prompts: Any = folder.setting("config_sentence_transformers.json").get("prompts") or {}
    if not isinstance(prompts, dict):
        raise ModelFailed("prompts are no object", which=str(folder.path), next_step="correct the config")
    found = {str(name): str(text) for name, text in prompts.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return {"query": found.get("query", ""), "passage": found.get("passage", found.get("document", ""))}
