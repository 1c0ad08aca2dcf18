"""A natural language inference model: does a premise entail a hypothesis, contradict it, or neither?"""

from __future__ import annotations

from typing import Any

from groundsight.encoders.model_folder import ModelFolder, open_folder
from groundsight.encoders.torch_home import as_rows, import_torch, inference, on_device
from groundsight.encoders.weights import finite
from groundsight.errors import LimitExceeded, ModelFailed

OUTCOMES = ("entail", "neutral", "contradict")


class NliModel:
    """A sequence classifier whose config names its three labels."""

    def __init__(self, folder: ModelFolder, model: Any, tokenizer: Any, device: str) -> None:
        self.fingerprint = folder.fingerprint
        self._max_tokens = folder.max_tokens()
        self._columns = _columns(model.config.id2label, str(folder.path))
        self._model, self._tokenizer, self._device = model, tokenizer, device

    @classmethod
    def open(cls, where: str, *, device: str, allow_download: bool) -> NliModel:
        """Load a folder, or a hub id where downloads are allowed.

        Raises:
            Disabled: the extra is not installed.
            ConfigError: no such folder or device.
            ModelFailed: the folder is no whole, code-free model, or its labels are not named.
        """
        folder = open_folder(where, allow_download=allow_download)
        model = on_device(folder.load_model("AutoModelForSequenceClassification"), device)
        return cls(folder, model, folder.load("AutoTokenizer"), device)

    def score(self, premise: str, hypothesis: str) -> tuple[float, float, float]:
        """Return the probabilities of entailment, neutral and contradiction; they add up to 1.

        A premise that is too long loses its end, the hypothesis never does.

        Raises:
            LimitExceeded: the hypothesis takes more than half of what the model reads.
            ModelFailed: the model failed or answered NaN.
        """
        self._check_length(hypothesis)
        with inference(self.fingerprint):
            tokens = self._tokenizer(
                premise, hypothesis, truncation="only_first", max_length=self._max_tokens, return_tensors="pt"
            ).to(self._device)
            row = as_rows(import_torch().softmax(self._model(**tokens).logits, dim=-1))
        values = finite(row, self.fingerprint)[0]
        entail, neutral, contradict = (float(values[column]) for column in self._columns)
        return entail, neutral, contradict

    def _check_length(self, hypothesis: str) -> None:
        """A claim that is cut could be entailed by what was left of it."""
        count, most = len(self._tokenizer(hypothesis)["input_ids"]), self._max_tokens // 2
        if count > most:
            raise LimitExceeded(
                "the claim is too long for the model",
                which=f"{count} tokens",
                limit=f"{most} tokens",
                next_step="check it sentence by sentence",
                code="E_LIMIT_TEXT",
            )


def _columns(names: dict[int, str], which: str) -> tuple[int, ...]:
    """Return the columns of entailment, neutral and contradiction by their names."""
    found = {str(name).lower(): column for column, name in names.items()}
    columns = [
        next((number for name, number in found.items() if name.startswith(outcome)), None) for outcome in OUTCOMES
    ]
    if None in columns or len(found) != len(OUTCOMES):
        raise ModelFailed(
            "the model does not name entailment, neutral and contradiction",
            which=which,
            limit=f"its labels are {', '.join(found)}",
            next_step="use a model trained for natural language inference",
        )
    return tuple(column for column in columns if column is not None)
