"""The one home of onnxruntime: a quiet CPU session with a fixed number of threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from groundsight.errors import Disabled, ModelFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ERRORS_ONLY = 3


class OnnxModel:
    """A loaded graph; ``run`` may be called from several threads at once."""

    def __init__(self, session: Any, name: str, weights: Sequence[Any] = ()) -> None:
        self._session, self._weights = session, weights
        self.name = name

    @property
    def first_input(self) -> tuple[str, tuple[int | str | None, ...]]:
        """Name and shape of the first input; what is free in the shape is a word or None."""
        first = self._session.get_inputs()[0]
        return first.name, tuple(first.shape)

    @classmethod
    def load(
        cls, model: bytes, name: str, *, threads: int, weights: Mapping[str, NDArray[Any]] | None = None
    ) -> OnnxModel:
        """Load a serialised graph for the CPU; ``weights`` are the initialisers that it holds by name only.

        Raises:
            ModelFailed: the bytes are no graph that this runtime can run.
        """
        runtime = quiet_runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        # Threads that spin while they wait cost 15 % more CPU and no time less (MiniLM, 2 threads).
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        values = [runtime.OrtValue.ortvalue_from_numpy(each) for each in (weights or {}).values()]
        try:
            if weights:
                options.add_external_initializers(list(weights), values)
            # Fused, adding and normalising take four times as long: 14 CPU ms for 17 a window of 140 tokens without.
            session = runtime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
            )
        except (RuntimeError, ValueError, *_runtime_errors()) as error:
            raise ModelFailed("a graph can't be loaded", which=name, next_step="reinstall its package") from error
        return cls(session, name, values)

    def run(self, feeds: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the first output for these named inputs."""
        return self.run_all(feeds)[0]

    def run_all(self, feeds: dict[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Return every output for these named inputs."""
        try:
            return self._session.run(None, feeds)
        except (RuntimeError, ValueError, *_runtime_errors()) as error:
            raise ModelFailed("a graph failed to run", which=self.name, next_step="try again") from error


def quiet_runtime() -> Any:
    """Return the runtime, told to report nothing: a host may have loaded it before this package could say so."""
    runtime = _runtime("onnxruntime")
    runtime.disable_telemetry_events()
    return runtime


def _runtime(name: str) -> Any:
    """Import a module of the runtime; it comes without type stubs."""
    try:
        return import_module(name)
    except ImportError as error:
        raise Disabled("a library is missing", which="onnxruntime", next_step="pip install onnxruntime") from error


def _runtime_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions of the runtime's own; they derive from Exception directly."""
    state = _runtime("onnxruntime.capi.onnxruntime_pybind11_state")
    return (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.RuntimeException)
