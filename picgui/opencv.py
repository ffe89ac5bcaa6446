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

__all__ = ["cv2"]
