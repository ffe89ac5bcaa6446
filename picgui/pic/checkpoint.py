"""Checkpoints: safetensors files with folded weights and, as JSON in their metadata, everything that made them.

No pickle is read or written. Weights are kept as float16 by default: half the size, and no measurable change of the likelihood.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from picgui.errors import CheckpointError
from picgui.files import whole
from picgui.paths import is_file
from picgui.pic.layers import weight_norm_convolutions
from picgui.pic.network import PIC, ModelConfig
from picgui.version import __version__


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read and checked."""

    path: Path
    sha256: str
    config: ModelConfig
    metadata: Mapping[str, object] = field(repr=False)  # training recipe, data, figures, version; see `save_checkpoint`
    tensors: Mapping[str, Tensor] = field(repr=False)
    kind: type[PIC]  # of network

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    def network(self) -> PIC:
        """A new trainable network with these weights, float32 on the CPU; `PIC.fold` it for inference."""
        network = self.kind(self.config)
        for name, convolution in weight_norm_convolutions(network).items():
            convolution.set_weight(self.tensors[f"{name}.weight"].float())
            with torch.no_grad():
                convolution.bias.copy_(self.tensors[f"{name}.bias"].float())
        return network


def save_checkpoint(
    path: str | Path, network: PIC, *, metadata: Mapping[str, object] | None = None, dtype: torch.dtype = torch.float16
) -> Path:
    """Write the weights of a network, atomically.

    ``metadata`` is JSON data: by custom ``training`` (the recipe), ``data``, ``bits_per_dim``, ``bits_per_dim_embedding_only``.
    The configuration, chroma rule and version are added. Raises CheckpointError where a weight is not finite or the file cannot
    be written.
    """
    path = Path(path)
    tensors = {}
    for name, convolution in weight_norm_convolutions(network).items():
        tensors[f"{name}.weight"] = convolution.weight().detach().to("cpu", dtype).contiguous()
        tensors[f"{name}.bias"] = convolution.bias.detach().to("cpu", dtype).contiguous()
    broken = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if broken:
        raise CheckpointError("The weights of {name} are not finite as {dtype}; nothing was written.", name=broken[0], dtype=dtype)
    header = {
        "format": network.FORMAT,
        "config": json.dumps(network.config.to_dict()),
        "metadata": json.dumps(
            {**(metadata or {}), "chroma_rule": network.config.chroma_rule, "picgui_version": __version__}
        ),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as file:
            file.write(safetensors.torch.save(tensors, header))
    except (OSError, SafetensorError) as error:
        raise CheckpointError("The checkpoint {path} cannot be written: {reason}.", path=path, reason=error) from error
    return path


def load_checkpoint(path: str | Path, *, kinds: Sequence[type[PIC]] = (PIC,)) -> Checkpoint:
    """Read and check a checkpoint of one of some kinds of network.

    Raises CheckpointError, in a sentence, where the file is missing, damaged, foreign, or of a newer format.
    """
    path = Path(path)
    if not is_file(path):
        raise CheckpointError("There is no checkpoint at {path}.", path=path)
    try:
        content = path.read_bytes()
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
        tensors = safetensors.torch.load(content)
    except OSError as error:
        raise CheckpointError("The checkpoint {path} cannot be read: {reason}.", path=path, reason=error.strerror or error) from error
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:  # KeyError: numbers of a kind that PyTorch does not have
        raise CheckpointError("{path} is damaged, cut off, or no safetensors file ({reason}).", path=path, reason=error) from error
    written = header.get("format")
    if not written:
        raise CheckpointError("{path} is not a picgui checkpoint: it does not say that it is one.", path=path)
    kind = next((kind for kind in kinds if kind.FORMAT == written), None)
    if kind is None:
        ours = " / ".join(repr(kind.FORMAT) for kind in kinds)
        raise CheckpointError(
            "{path} is not a picgui checkpoint: its format is {format}, not {ours}.", path=path, format=repr(written), ours=ours
        )
    try:
        config = ModelConfig.from_dict(json.loads(header["config"]))
        metadata = json.loads(header["metadata"])
        if not isinstance(metadata, dict):
            raise ValueError("its metadata is not a table")
        _check_tensors(kind, config, tensors)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise CheckpointError("{path} is not a usable picgui checkpoint: {reason}.", path=path, reason=error) from error
    return Checkpoint(path, hashlib.sha256(content).hexdigest(), config, metadata, tensors, kind)


def _check_tensors(kind: type[PIC], config: ModelConfig, tensors: Mapping[str, Tensor]) -> None:
    """Raise ValueError unless the tensors are exactly those of the configuration, and finite."""
    with torch.device("meta"):
        network = kind(config)
    expected = {}
    for name, convolution in weight_norm_convolutions(network).items():
        expected[f"{name}.weight"] = convolution.v.shape
        expected[f"{name}.bias"] = convolution.bias.shape
    missing, extra = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
    if missing:
        raise ValueError(f"{len(missing)} tensors are missing, such as {missing[0]}")
    if extra:
        raise ValueError(f"it holds {len(extra)} tensors that its configuration has no place for, such as {extra[0]}")
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ValueError(f"{name} is {tuple(tensors[name].shape)}, but its configuration says {tuple(shape)}")
        if not tensors[name].isfinite().all():
            raise ValueError(f"{name} holds numbers that are not finite")
