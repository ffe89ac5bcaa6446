"""Colour for old photographs: many believable versions, sampled from Probabilistic Image Colorization.

    from picgui import colorize, load_model, read_photo, write_sample

    photo, model = read_photo("grandmother-1931.jpg"), load_model()
    for sample in colorize(photo, model, seeds=range(1, 5), temperature=0.85, candidates=4):
        write_sample(f"{sample.seed}.png", photo, sample, model)
"""

import importlib
import os

from picgui.version import __version__

# GNU OpenMP's threads wait for each other by spinning, by default for so long that one other busy program makes PyTorch some twenty
# times slower. It reads this when PyTorch is loaded; what a person set stays.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

_HOMES = {
    "Photo": "picgui.photo",
    "read_photo": "picgui.photo",
    "photo_from_rgb": "picgui.photo",
    "write_sample": "picgui.batch",
    "write_png": "picgui.writing",
    "write_tiff": "picgui.writing",
    "write_jpeg": "picgui.writing",
    "read_png_text": "picgui.png",
    "compose": "picgui.upsample",
    "Embedded": "picgui.pipeline",
    "Known": "picgui.pipeline",
    "Model": "picgui.pipeline",
    "Sample": "picgui.pipeline",
    "Coarse": "picgui.pipeline",
    "Row": "picgui.pipeline",
    "colorize": "picgui.pipeline",
    "draw_rows": "picgui.pipeline",
    "embed": "picgui.pipeline",
    "load_model": "picgui.pipeline",
    "png_text": "picgui.pipeline",
    "sample_rows": "picgui.pipeline",
    "PicError": "picgui.errors",
    "PhotoError": "picgui.errors",
    "ExportError": "picgui.errors",
    "CheckpointError": "picgui.errors",
    "DeviceError": "picgui.errors",
    "OutOfMemoryError": "picgui.errors",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str):
    """Import public names when they are first asked for: `import picgui` alone does not wait for PyTorch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'picgui' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
