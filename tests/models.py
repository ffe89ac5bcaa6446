"""Small networks and checkpoints, made by the code itself, for every test that needs one."""

import torch

from picgui.pic.checkpoint import save_checkpoint
from picgui.pic.layers import initialize_from_data
from picgui.pic.network import PIC, ModelConfig, Stage, nothing_known, reduce_luminance

TINY = ModelConfig(
    name="tiny",
    network_size=32,
    chroma_scale=4,
    chroma_rule="area",
    stages=(Stage(4, 1, 2), Stage(6, 0, 2)),
    levels=(Stage(6, 1), Stage(8, 1, 2)),
    attention_levels=1,
    embedding_channels=6,
    channels=6,
    blocks=2,
    vertical_kernel=(2, 3),
    horizontal_kernel=(2, 2),
    known_colors=True,
    coarse_factor=2,
    components=3,
    dropout=0.0,
)
TINY_PAPER = ModelConfig(
    name="tiny-paper",
    network_size=16,
    chroma_scale=2,
    chroma_rule="point",
    stages=(Stage(4, 1), Stage(6, 1, 2), Stage(6, 1, 1, 2)),
    embedding_channels=6,
    channels=6,
    blocks=2,
    components=3,
    dropout=0.5,
)


def network(config=TINY, *, seed=0):
    """A network initialised from random data: alive, and different at every pixel."""
    torch.manual_seed(seed)
    built = PIC(config)
    size = config.network_size
    luminance = torch.randn(4, 1, size, size)
    chroma = torch.randn(4, 2, size // config.chroma_scale, size // config.chroma_scale) * 0.2
    known = nothing_known(reduce_luminance(luminance, config.chroma_scale)) if config.known_colors else None
    if known is not None:
        known[:, :3] = torch.rand_like(known[:, :3]) * 0.1
    initialize_from_data(built, lambda: built(luminance, chroma, known, torch.rand(4)))
    built.center_outputs()
    return built.eval()


def checkpoint(folder, config=TINY, *, seed=0, name="tiny"):
    """A tiny checkpoint file in a folder; its path."""
    return save_checkpoint(folder / f"{name}.safetensors", network(config, seed=seed), metadata={"data": "random"})
