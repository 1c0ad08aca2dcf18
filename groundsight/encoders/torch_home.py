"""The one home of torch: it is imported here first, so that transformers and open_clip import at all."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from groundsight.errors import ConfigError, Disabled, ModelFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXTRA = "pip install 'groundsight[models]'"
LOADING = (OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError, ImportError, AssertionError)
T = TypeVar("T")


def import_torch() -> Any:
    """Return torch, with torchvision made importable beside a CPU build.

    Raises:
        Disabled: the extra is not installed.
    """
    torch = _imported("torch")
    _mend_torchvision(torch)
    return torch


def import_beside_torch(name: str) -> Any:
    """Return a library that needs torch, such as transformers or open_clip.

    Raises:
        Disabled: the extra is not installed.
    """
    import_torch()
    return _imported(name)


def on_device(model: Any, device: str) -> Any:
    """Return the model in evaluation mode on a device.

    Raises:
        ConfigError: the device does not exist here.
    """
    try:
        return model.eval().to(device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(
            "the device can't be used", which=f"models.device = {device}", next_step="set models.device = 'cpu'"
        ) from error


@contextmanager
def hub_access(allowed: bool) -> Generator[None]:
    """Keep the hub's client off the network while a model loads, unless downloads are allowed."""
    constants = _imported("huggingface_hub.constants")
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not allowed
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


@contextmanager
def inference(which: str) -> Generator[None]:
    """Run without gradients; what the model raises becomes ModelFailed."""
    torch = import_torch()
    try:
        with torch.inference_mode():
            yield
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise ModelFailed(
            "a model failed to answer", which=which, limit=str(error)[:200], next_step="try again"
        ) from error


def loaded(which: str, load: Callable[[], T]) -> T:
    """Return what ``load`` returns; its errors become ModelFailed naming the model."""
    try:
        return load()
    except (*LOADING, *_weight_errors()) as error:
        raise ModelFailed(
            "a model can't be loaded",
            which=which,
            limit=str(error).strip().partition("\n")[0][:200],
            next_step="check the folder; download it whole, as safetensors",
        ) from error


def as_rows(tensor: Any) -> NDArray[np.float32]:
    """Return a tensor as float32 rows in main memory."""
    return cast("NDArray[np.float32]", tensor.detach().float().cpu().numpy())


def _weight_errors() -> tuple[type[Exception], ...]:
    """Return what the reader of safetensors raises; it derives from Exception directly."""
    return (cast("type[Exception]", _imported("safetensors").SafetensorError),)


def _imported(name: str) -> Any:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Disabled("a library is missing", which=f"{name}: {error}", next_step=EXTRA) from error


def _mend_torchvision(torch: Any) -> None:
    """Import torchvision although its compiled part is for another torch.

    The registry's torchvision is built for CUDA; beside a CPU torch its import fails with
    "operator torchvision::nms does not exist", and takes transformers and open_clip with it.
    Nothing here uses these operators, so their shape functions are left unregistered.
    """
    try:
        importlib.import_module("torchvision")
    except ImportError:
        return
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _import_without_shapes(torch)


def _import_without_shapes(torch: Any) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    register = torch.library.register_fake

    def skip(operator: Any, *args: Any, **options: Any) -> Any:
        foreign = str(operator).startswith("torchvision::")
        return _unchanged if foreign else register(operator, *args, **options)

    torch.library.register_fake = skip
    try:
        importlib.import_module("torchvision")
    finally:
        torch.library.register_fake = register


def _unchanged(function: Any) -> Any:
    return function
