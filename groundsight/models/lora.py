"""Low-rank adapters (Hu et al. 2021): a weight learns ``scale * up @ down`` beside what it is, and nothing else moves.

An adapter is kept as its two thin matrices a weight. Adding them to the weights gives the model that was trained.
Weights stay in 32 bits: training over fewer (QLoRA) is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from groundsight.encoders.torch_home import import_beside_torch, import_torch
from groundsight.errors import Disabled, ModelFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The attention of BERT and its kin in transformers, and of the transformers of open_clip.
ATTENTION = re.compile(r"(query|key|value|q_proj|k_proj|v_proj|out_proj)\.weight$|in_proj_weight$")
# Of a CLIP what reads words: what sees stays as it is, and so do the vectors of pictures, which nobody could make anew.
WORDS = re.compile(rf"^(?!visual\.).*({ATTENTION.pattern})")
UP, DOWN, SCALE = ".up", ".down", 2.0
Delta = Mapping[str, "NDArray[Any]"]


class Adaptable(Protocol):
    """An encoder that an adapter may change: its torch module, where that lies, and a fingerprint to be given."""

    @property
    def model(self) -> Any: ...

    @property
    def device(self) -> str: ...

    def rename(self, fingerprint: str) -> None: ...


def with_adapter(model: Any, rank: int, seed: int, which: re.Pattern[str] = ATTENTION) -> list[Any]:
    """Freeze a model, hang an adapter of zeros beside each weight that fits, and return what is to be trained.

    Raises:
        ModelFailed: no weight fits.
    """
    torch, parametrize = import_torch(), import_beside_torch("torch.nn.utils.parametrize")
    generator = torch.Generator().manual_seed(seed)

    class Beside(torch.nn.Module):
        """A weight and its adapter."""

        def __init__(self, weight: Any) -> None:
            super().__init__()  # pyright: ignore[reportUnknownMemberType]
            self.down = torch.nn.Parameter(torch.randn(rank, weight.shape[1], generator=generator) / rank)
            self.up = torch.nn.Parameter(torch.zeros(weight.shape[0], rank))

        def forward(self, weight: Any) -> Any:
            return weight + SCALE * self.up @ self.down

    model.requires_grad_(False)
    fitting = [name for name, value in model.named_parameters() if value.dim() == 2 and which.search(name)]
    for name in fitting:
        holder, _, weight = name.rpartition(".")
        module = model.get_submodule(holder)
        parametrize.register_parametrization(module, weight, Beside(getattr(module, weight)))
    if not fitting:
        raise ModelFailed(
            "no weight of this model can be adapted", which=which.pattern, next_step="choose another model"
        )
    return [one for one in model.parameters() if one.requires_grad]


def delta_of(model: Any) -> Delta:
    """Return the thin matrices of an adapted model by the name of their weight."""
    found: dict[str, NDArray[np.float32]] = {}
    for name, value in model.named_parameters():
        plain = re.fullmatch(r"(.*?)parametrizations\.(\w+)\.0\.(up|down)", name)
        if plain:
            found[f"{plain[1]}{plain[2]}.{plain[3]}"] = value.detach().cpu().numpy().copy()
    return found


def add_delta(model: Any, delta: Delta) -> Any:
    """Add an adapter to the weights of a model, in place, and return the model.

    Raises:
        ModelFailed: a weight is not there or has another shape: it is the adapter of another model.
    """
    torch, weights = import_torch(), dict(model.named_parameters())
    for name in sorted(key.removesuffix(UP) for key in delta if key.endswith(UP)):
        change = SCALE * torch.tensor(delta[name + UP]) @ torch.tensor(delta[name + DOWN])
        if name not in weights or weights[name].shape != change.shape:
            raise ModelFailed(
                "the adapter is for another model", which=name, next_step="use the model it was trained on"
            )
        weights[name].data += change.to(weights[name])
    return model


def require_whole(bits: int) -> None:
    """Refuse to train over quantised weights (QLoRA): it needs CUDA, and was not tried on it yet.

    Raises:
        Disabled: fewer than 32 bits are asked for.
    """
    if bits >= 32:
        return
    lacking = "was not tried on CUDA yet" if import_torch().cuda.is_available() else "needs CUDA"
    raise Disabled(f"training over {bits}-bit weights {lacking}", which="--bits", next_step="leave --bits out")
