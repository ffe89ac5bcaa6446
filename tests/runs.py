"""Pictures, a configuration and the command line, for every test of training."""

from contextlib import contextmanager

import numpy as np
import pytest

from picgui.opencv import cv2
from training.__main__ import main

CONFIG = """
picture_size = 36
seed = 3
average_decay = 0.9
warm_up_steps = 2
[model]
name = "cifar10"
stages = [[4, 1, 2, 1], [6, 0, 2, 1]]
levels = [[6, 1, 1, 1], [8, 1, 2, 1]]
chroma_scale = 4
chroma_rule = "area"
known_colors = true
coarse_factor = 2
embedding_channels = 6
channels = 6
blocks = 2
components = 3
dropout = 0.1
[augmentation]
corrupt_past = 0.6
degrade_luminance = 0.3
known_dabs = 0.4
known_surroundings = 0.2
known_coarse = 0.5
[[stage]]
size = 16
batch = 4
images = 24
rate = 5e-3
end_rate = 5e-3
[[stage]]
size = 32
halved = 0.4
batch = 4
images = 24
rate = 5e-3
end_rate = 1e-4
"""


def colored_picture(height, width, *, seed=0):
    """Smooth colour blobs, (H, W, 3) uint8."""
    small = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def encoded(picture, ending=".png"):
    return cv2.imencode(ending, picture[:, :, ::-1])[1].tobytes()


def write_pack(path, pictures):
    blobs = [encoded(p) for p in pictures]
    offsets = np.cumsum([0, *map(len, blobs)])
    np.savez(path, data=np.frombuffer(b"".join(blobs), np.uint8), offsets=offsets)


@contextmanager
def full_disk(size):
    """While entered, writing a file beyond a size fails, as on a full disk."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def run(*arguments):
    return main([str(a) for a in arguments])
