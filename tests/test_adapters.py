"""Contrastive loss, projections and low-rank adapters: against references, on tiny random models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundsight.cli import main
from groundsight.encoders.torch_home import import_beside_torch, import_torch
from groundsight.errors import ModelFailed
from groundsight.models.lora import ATTENTION, WORDS, add_delta, delta_of, with_adapter
from groundsight.models.projection import turned
from groundsight.models.store import packed
from groundsight.models.training import RECOMPUTE, Schedule, adapted, info_nce, projected
from groundsight.tracing import Watch
from tests.tiny_models import quiet_transformers, save_bert, save_clip


def rows(count: int, width: int, seed: int) -> np.ndarray:
    made = np.random.default_rng(seed).normal(size=(count, width))
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_the_contrastive_loss_is_the_mean_of_both_cross_entropies() -> None:
    words, looks, scale, torch = rows(7, 5, 1), rows(7, 5, 2), 11.0, import_torch()
    near = [[scale * float(word @ look) for look in looks] for word in words]
    by_row = [np.log(sum(np.exp(near[i][j]) for j in range(7))) - near[i][i] for i in range(7)]
    by_column = [np.log(sum(np.exp(near[i][j]) for i in range(7))) - near[j][j] for j in range(7)]
    found = float(info_nce(torch, torch.tensor(words), torch.tensor(looks), scale))
    assert abs(found - (np.mean(by_row) + np.mean(by_column)) / 2) < 1e-6


def test_a_projection_finds_the_turn_between_two_spaces_and_back_with_the_same_bytes(tmp_path: Path) -> None:
    words = rows(60, 6, 3)
    mix = np.eye(6) + 0.8 * np.random.default_rng(4).normal(size=(6, 6))
    looks = turned(words.astype(np.float32), mix).astype(np.float64)
    made = projected(words, looks, Schedule(0, 60, Watch(), tmp_path / "a.pt"))
    again = projected(words, looks, Schedule(0, 60, Watch(), tmp_path / "b.pt"))
    assert packed(made) == packed(again)

    def first(matrix: np.ndarray) -> float:
        return float(np.mean((turned(looks.astype(np.float32), matrix) @ words.T).argmax(1) == np.arange(60)))

    assert first(made["turn"]) > first(np.eye(6)) + 0.2
    there = turned(looks.astype(np.float32), made["turn"])
    assert np.abs(turned(there, np.linalg.inv(made["turn"])) - looks).max() < 1e-5
    assert not turned(np.zeros((1, 6), np.float32), made["turn"]).any()


def bert(folder: Path) -> tuple[Any, Any]:
    torch = import_torch()
    model = quiet_transformers().AutoModel.from_pretrained(str(save_bert(folder))).eval()
    return model, lambda net: net(input_ids=torch.tensor([[2, 9, 6, 8, 3]])).last_hidden_state


def clip(folder: Path) -> tuple[Any, Any]:
    torch, library = import_torch(), import_beside_torch("open_clip")
    save_clip(folder)
    model = library.create_model(f"local-dir:{folder}", require_pretrained=True).eval()
    seen = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    return model, lambda net: torch.cat([net.encode_image(seen), net.encode_text(library.tokenize(["a cat", "a dog"]))])


@pytest.mark.parametrize("tiny", [bert, clip])
def test_base_and_adapter_are_the_model_that_was_trained(tiny: Any, tmp_path: Path) -> None:
    torch = import_torch()
    base, answer = tiny(tmp_path / "tiny")
    before = answer(base).detach()
    other, _ = tiny(tmp_path / "again")
    moving = with_adapter(other, rank=2, seed=5)
    assert torch.allclose(answer(other), before, atol=1e-6)
    steps = torch.optim.SGD(moving, lr=0.05)
    for _ in range(3):
        steps.zero_grad()
        answer(other)[..., :3].sum().backward()
        steps.step()
    delta, trained = delta_of(other), answer(other).detach()
    assert len(delta) == len(moving)
    assert (trained - before).abs().max() > 1e-3
    assert (answer(add_delta(base, delta)).detach() - trained).abs().max() < 1e-5
    with pytest.raises(ModelFailed, match="another model"):
        add_delta(
            base, {"nowhere.weight.up": np.ones((2, 1), np.float32), "nowhere.weight.down": np.ones((1, 2), np.float32)}
        )


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize(("tiny", "which"), [(bert, ATTENTION), (clip, WORDS)])
def test_mixed_precision_and_recomputing_are_switched_on_for_cuda_alone(
    tiny: Any, which: Any, device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = import_torch()
    model, answer = tiny(tmp_path / "tiny")
    told: list[Any] = []
    # There is no CUDA here: what reaches torch is noted, and computed on the processor.
    autocast = torch.autocast
    monkeypatch.setattr(
        torch, "autocast", lambda kind, **how: told.append((kind, how)) or autocast("cpu", enabled=False)
    )
    switch = next(name for name in RECOMPUTE if hasattr(model, name))
    recompute = getattr(model, switch)
    monkeypatch.setattr(model, switch, lambda: told.append(switch) or recompute())
    looks = torch.tensor(rows(2, 16, 6), dtype=torch.float32)

    def sides(at: Any) -> tuple[Any, Any]:
        return answer(model)[-2:] if tiny is clip else answer(model)[0, :2], looks

    delta = adapted(model, device, sides, 2, Schedule(0, 2, Watch(), tmp_path / "kept.pt"), which)
    how = {"dtype": torch.bfloat16, "enabled": device == "cuda"}
    assert told == [*([switch] if device == "cuda" else []), *[("cuda", how)] * 2]
    assert any(np.abs(one).max() > 0 for name, one in delta.items() if name.endswith(".up"))
    assert not any(name.startswith("visual") for name in delta)


def test_fewer_bits_are_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "adapter", "--from", "judged.jsonl", "--bits", "4", "--home", str(tmp_path)]) == 1
    assert "E_DISABLED: training over 4-bit weights" in capsys.readouterr().err
