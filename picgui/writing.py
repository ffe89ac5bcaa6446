"""Colour pictures out, written whole or not at all."""

import os
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tifffile
from PIL import ImageCms

from picgui import png
from picgui.errors import ExportError
from picgui.exif import descriptive_tags
from picgui.files import opened, replacing
from picgui.photo import Photo


def write_png(
    path: str | os.PathLike,
    image: np.ndarray,
    *,
    text: Mapping[str, str] | None = None,
    photo: Photo | None = None,
    exclusive: bool = False,
) -> None:
    """Write sRGB pixels (H, W, 3), uint8 or uint16, as a PNG with these texts, and the resolution and EXIF of `photo`.

    The file appears whole under its name or not at all; one that was there stays until then, and with ``exclusive`` for good. Raises
    ExportError.
    Source: Portable Network Graphics (PNG) Specification, third edition.
    """
    _check_image(image)
    with replacing(Path(path), exclusive=exclusive) as file:
        file.write(png.SIGNATURE)
        height, width, _ = image.shape
        png.write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * image.itemsize, 2, 0, 0, 0))
        png.write_chunk(file, b"sRGB", b"\0")
        if photo is not None and photo.dpi is not None:
            png.write_chunk(file, b"pHYs", struct.pack(">IIB", *(round(dpi / 0.0254) for dpi in photo.dpi), 1))
        if photo is not None and photo.exif is not None:
            png.write_chunk(file, b"eXIf", photo.exif.removeprefix(b"Exif\0\0"))
        for key, value in (text or {}).items():
            png.write_chunk(file, *png.text_chunk(key, value))
        for data in png.packed_rows(image):
            png.write_chunk(file, b"IDAT", data)
        png.write_chunk(file, b"IEND", b"")


def write_tiff(
    path: str | os.PathLike,
    image: np.ndarray,
    *,
    text: Mapping[str, str] | None = None,
    photo: Photo | None = None,
    exclusive: bool = False,
) -> None:
    """Write sRGB pixels (H, W, 3), uint8 or uint16, as a TIFF; texts go to its description, and of the EXIF of ``photo`` maker, model, date,
    artist and copyright to its tags. As `write_png` otherwise."""
    _check_image(image)
    text = dict(text or {})
    software = text.pop("Software", None)
    resolution = {"resolution": photo.dpi, "resolutionunit": "INCH"} if photo is not None and photo.dpi else {}
    description = "\n".join(f"{key}: {value}" for key, value in text.items())
    with replacing(Path(path), exclusive=exclusive) as file:
        tifffile.imwrite(
            file,
            image,
            photometric="rgb",
            compression="zlib",
            compressionargs={"level": 3},
            rowsperstrip=max(1, (1 << 18) // image[0].nbytes),
            iccprofile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
            description=description.encode(errors="replace") or None,
            software=software or False,
            metadata=None,
            extratags=descriptive_tags(photo.exif) if photo is not None and photo.exif is not None else [],
            **resolution,
        )


def is_written_here(path: str | os.PathLike) -> bool:
    """Whether a file is a PNG or TIFF picture of `write_png` or `write_tiff` with the settings of a sample."""
    try:
        if Path(path).suffix.lower() == ".png":
            return "picgui:seed" in png.read_png_text(path)
        if Path(path).suffix.lower() in (".tif", ".tiff"):
            with opened(Path(path)) as file, tifffile.TiffFile(file) as tiff:
                return "picgui:seed: " in tiff.pages[0].description
    except Exception:  # decoders raise almost anything on damaged data; it is told when the file is read
        pass
    return False


def _check_image(image: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype not in (np.uint8, np.uint16) or 0 in image.shape:
        raise ExportError(
            "Only (H, W, 3) pictures of uint8 or uint16 can be written, not {shape} {dtype}.", shape=image.shape, dtype=image.dtype
        )
