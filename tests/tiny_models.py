"""Tiny random models, built and saved as a hub would serve them; they prove loading, never quality."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from groundsight.encoders.torch_home import import_beside_torch, import_torch

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "dog", "sat", "the", "on", "mat", "##s", ":"]
VOCABULARY += ["query", "passage"]
CLIP = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
# What makes a SigLIP: a bias beside the scale, words that see each other, and a tokenizer of its own in the folder.
SIGLIP = {
    "embed_dim": 16,
    "custom_text": True,
    "init_logit_bias": -10,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {
        "context_length": 64, "vocab_size": 64, "hf_tokenizer_name": "none/such", "width": 16, "heads": 2, "layers": 1,
        "no_causal_mask": True, "proj_bias": True, "pool_type": "last", "norm_kwargs": {"eps": 1e-6},
    },
}  # fmt: skip
SHAPE = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 64}


def save_bert(folder: Path, kind: str = "BertModel", **config: Any) -> Path:
    """A BERT of two layers with its tokenizer."""
    import_torch().manual_seed(7)
    library = quiet_transformers()
    settings = library.BertConfig(vocab_size=len(VOCABULARY), num_hidden_layers=2, **SHAPE, **config)
    getattr(library, kind)(settings).save_pretrained(folder)
    tokenizer(folder).save_pretrained(folder)
    return folder


def save_blip(folder: Path, kind: str = "BlipForConditionalGeneration") -> Path:
    """A BLIP captioner, or another BLIP, with its processor."""
    import_torch().manual_seed(7)
    library = quiet_transformers()
    ends = {"bos_token_id": 2, "eos_token_id": 3, "sep_token_id": 3, "pad_token_id": 0}
    words = library.BlipTextConfig(
        vocab_size=len(VOCABULARY), encoder_hidden_size=16, projection_dim=16, num_hidden_layers=1, **SHAPE, **ends
    )
    eyes = library.BlipVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=8
    )
    both = library.BlipConfig(text_config=words.to_dict(), vision_config=eyes.to_dict(), projection_dim=16)
    getattr(library, kind)(both).save_pretrained(folder)
    pictures = library.BlipImageProcessor(size={"height": 32, "width": 32})
    library.BlipProcessor(pictures, tokenizer(folder)).save_pretrained(folder)
    return folder


def save_clip(folder: Path, config: Mapping[str, Any] = CLIP) -> Path:
    """An open_clip model as its two files; one with words of its own has its tokenizer beside them."""
    import_torch().manual_seed(7)
    library, safetensors = import_beside_torch("open_clip"), import_beside_torch("safetensors.torch")
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    own = {name: value for name, value in config.items() if name != "custom_text"}
    if own != config:
        tokenizer(folder).save_pretrained(folder)
    model = library.CLIP(**config) if own == config else library.CustomTextCLIP(**own)
    safetensors.save_file(model.state_dict(), str(folder / "open_clip_model.safetensors"))
    return folder


def save_clap(folder: Path) -> Path:
    """A CLAP with its processor; what it hears at once is a second."""
    import_torch().manual_seed(7)
    library = quiet_transformers()
    words = library.ClapTextConfig(vocab_size=len(VOCABULARY), num_hidden_layers=1, pad_token_id=0, **SHAPE)
    ears = library.ClapAudioConfig(
        spec_size=64, num_mel_bins=16, patch_size=4, patch_stride=[4, 4], depths=[1, 1], num_attention_heads=[1, 2],
        patch_embeds_hidden_size=8, hidden_size=16, window_size=4, enable_fusion=False,
    )  # fmt: skip
    both = library.ClapConfig(text_config=words.to_dict(), audio_config=ears.to_dict(), projection_dim=16)
    library.ClapModel(both).save_pretrained(folder)
    sounds = library.ClapFeatureExtractor(feature_size=16, max_length_s=1, truncation="rand_trunc")
    library.ClapProcessor(sounds, tokenizer(folder)).save_pretrained(folder)
    return folder


def save_xvector(folder: Path) -> Path:
    """A WavLM that tells voices apart."""
    import_torch().manual_seed(7)
    library = quiet_transformers()
    ears = library.WavLMConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, conv_dim=[8, 8],
        conv_stride=[20, 16], conv_kernel=[20, 16], num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
        num_feat_extract_layers=2, tdnn_dim=[16, 16], tdnn_kernel=[3, 1], tdnn_dilation=[1, 1], xvector_output_dim=8,
    )  # fmt: skip
    library.WavLMForXVector(ears).save_pretrained(folder)
    library.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


def tokenizer(folder: Path) -> Any:
    """A BERT tokenizer over the small vocabulary."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    return quiet_transformers().BertTokenizer(str(folder / "vocab.txt"))


def spoil(folder: Path, value: float) -> Path:
    """Overwrite every weight of a folder with one value."""
    safetensors = import_beside_torch("safetensors.torch")
    path = next(folder.glob("*.safetensors"))
    tensors = {name: tensor.fill_(value) for name, tensor in safetensors.load_file(str(path)).items()}
    safetensors.save_file(tensors, str(path), metadata={"format": "pt"})
    return folder


def edit(path: Path, **values: Any) -> None:
    """Change keys of a JSON file."""
    found = json.loads(path.read_text()) if path.is_file() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**found, **values}))


def quiet_transformers() -> Any:
    """Return transformers without its progress bars."""
    library = import_beside_torch("transformers")
    library.logging.disable_progress_bar()
    return library
