"""The one place that imports OpenCV.

Where opencv-python is installed in place of opencv-python-headless, it points Qt at its own plugins when it is imported, which breaks PySide6; the
environment is put back.
"""

import os

_QT = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _QT}

import cv2  # noqa: E402

for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

__all__ = ["cv2", "resized"]


def resized(pixels, height: int, width: int):
    """An array (H, W) or (H, W, channels) at another size: the mean of an area where it gets smaller, else linear."""
    smaller = height <= pixels.shape[0] and width <= pixels.shape[1]
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
