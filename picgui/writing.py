"""Colour pictures out, written whole or not at all."""

import io
import json
import os
import re
import struct
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tifffile
from PIL import Image, ImageCms

from picgui import png
from picgui.errors import ExportError
from picgui.exif import ORIENTATION, block_of, caption_of, descriptive_tags
from picgui.files import opened, replacing
from picgui.photo import Photo
from picgui.xmp import ESTIMATED, PNG_TEXT, TIFF_TAG

SAMPLE = "picgui:sample"  # of the PNG text that holds a sample's record


def _nothing() -> None:
    pass


class _Watched:
    """A file before each write to which a function is called: what that raises ends the writing."""

    def __init__(self, file: BinaryIO, before_each: Callable[[], None]):
        self._file, self._before_each = file, before_each

    def write(self, data: bytes) -> int:
        self._before_each()
        return self._file.write(data)

    def __getattr__(self, name: str):
        return getattr(self._file, name)


def write_png(
    path: str | os.PathLike,
    image: np.ndarray,
    *,
    text: Mapping[str, str] | None = None,
    photo: Photo | None = None,
    exclusive: bool = False,
    meanwhile: Callable[[], None] = _nothing,
) -> None:
    """Write sRGB pixels (H, W, 3), uint8 or uint16, as a PNG with these texts, and the resolution, EXIF and XMP of `photo`.

    The file appears whole under its name or not at all; one that was there stays until then, and with ``exclusive`` for good. ``meanwhile``
    is called again and again while it is packed: what that raises ends it. Raises ExportError.
    Source: Portable Network Graphics (PNG) Specification, third edition.
    """
    _check_image(image)
    with replacing(Path(path), exclusive=exclusive) as whole:
        file = _Watched(whole, meanwhile)
        file.write(png.SIGNATURE)
        height, width, _ = image.shape
        png.write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * image.itemsize, 2, 0, 0, 0))
        png.write_chunk(file, b"sRGB", b"\0")
        if photo is not None and photo.dpi is not None:
            png.write_chunk(file, b"pHYs", struct.pack(">IIB", *(round(dpi / 0.0254) for dpi in photo.dpi), 1))
        if photo is not None:
            png.write_chunk(file, b"eXIf", block_of(photo.exif, (text or {}).get("Software")).removeprefix(b"Exif\0\0"))
            png.write_chunk(file, b"iTXt", PNG_TEXT + bytes(5) + photo.xmp)
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
    meanwhile: Callable[[], None] = _nothing,
) -> None:
    """Write sRGB pixels (H, W, 3), uint8 or uint16, as a TIFF; texts go to its description, after the caption of ``photo``, of whose EXIF maker, model,
    date, artist and copyright go to its tags. As `write_png` otherwise."""
    _check_image(image)
    software = (text or {}).get("Software")
    tags = [(int(ORIENTATION), 3, 1, 1, True)]  # as in `block_of`
    if photo is not None:
        tags += [*descriptive_tags(photo.exif or b""), (TIFF_TAG, 1, len(photo.xmp), photo.xmp, True)]
    resolution = {"resolution": photo.dpi, "resolutionunit": "INCH"} if photo is not None and photo.dpi else {}
    with replacing(Path(path), exclusive=exclusive) as file:
        tifffile.imwrite(
            _Watched(file, meanwhile),
            image,
            photometric="rgb",
            compression="zlib",
            compressionargs={"level": 3},
            rowsperstrip=max(1, (1 << 18) // image[0].nbytes),
            iccprofile=_srgb_profile(),
            description=_description(text, photo).encode(errors="replace") or None,
            software=software or False,
            metadata=None,
            extratags=tags,
            **resolution,
        )


def write_jpeg(
    path: str | os.PathLike,
    image: np.ndarray,
    *,
    text: Mapping[str, str] | None = None,
    photo: Photo | None = None,
    exclusive: bool = False,
    meanwhile: Callable[[], None] = _nothing,
) -> None:
    """Write sRGB pixels (H, W, 3) as a JPEG of 8 bits, uint16 being rounded, at quality 95 with whole chroma; texts go to its comment, after the caption of
    ``photo``. As `write_png` otherwise."""
    _check_image(image)
    if max(image.shape) > _JPEG_SIDE:
        raise ExportError("A JPEG picture has at most {most} pixels on a side, this one has {side}. Choose PNG or TIFF.", most=_JPEG_SIDE, side=max(image.shape))
    software, dpi = (text or {}).get("Software"), photo.dpi if photo is not None else None
    exif = block_of(photo.exif if photo is not None else None, software, dpi=dpi)
    xmp = b"" if photo is None else photo.xmp if len(photo.xmp) <= _JPEG_XMP else ESTIMATED
    resolution = {"dpi": dpi} if dpi and max(dpi) <= _JPEG_DPI else {}  # which is rounded there
    encoded = io.BytesIO()  # into a file itself Pillow would not notice where the disk becomes full within the last bytes
    Image.fromarray(_with_8_bits(image)).save(
        _Watched(encoded, meanwhile),
        "JPEG",
        quality=95,
        subsampling=0,
        icc_profile=_srgb_profile(),
        exif=exif if len(exif) <= _JPEG_SEGMENT else block_of(None, software, dpi=dpi),
        xmp=xmp,
        comment=_description(text, photo).encode(errors="replace"),
        **resolution,
    )
    with replacing(Path(path), exclusive=exclusive) as file:
        file.write(encoded.getbuffer())


_JPEG_SIDE, _JPEG_SEGMENT, _JPEG_DPI = 65_500, 65_533, 65_535  # pixels; bytes; dots per inch: what its library and format allow
_JPEG_XMP = _JPEG_SEGMENT - len(b"http://ns.adobe.com/xap/1.0/\0")  # which stands before it
_LONGEST_CAPTION = 2000  # letters that go along


def _with_8_bits(image: np.ndarray) -> np.ndarray:
    """A picture of 16 bits rounded to 8, in strips as it may be large; one of 8 as it is."""
    if image.dtype == np.uint8:
        return image
    small, step = np.empty(image.shape, np.uint8), max(1, (1 << 22) // image[0].size)
    for top in range(0, len(image), step):
        small[top : top + step] = (image[top : top + step].astype(np.uint32) + 128) // 257
    return small


# how a picture is written, by the ending of its name
WRITERS = {".png": write_png, ".tif": write_tiff, ".tiff": write_tiff, ".jpg": write_jpeg, ".jpeg": write_jpeg}


def write_picture(path: str | os.PathLike, image: np.ndarray, **options) -> None:
    """Write sRGB pixels as what the ending of the name says, or else as a PNG: `write_png`, `write_tiff` or `write_jpeg`."""
    WRITERS.get(Path(path).suffix.lower(), write_png)(path, image, **options)


def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _description(text: Mapping[str, str] | None, photo: Photo | None) -> str:
    """A photograph's caption and the texts but for what has a place of its own; of a sample's record all but the colours, which only a PNG brings back."""
    said = [caption[:_LONGEST_CAPTION]] if photo is not None and photo.exif is not None and (caption := caption_of(photo.exif)) else []
    texts = {key: _without_colors(value) if key == SAMPLE else value for key, value in (text or {}).items() if key != "Software"}
    return "\n".join(said + [f"{key}: {value}" for key, value in texts.items()])


def _without_colors(sample: str) -> str:
    return json.dumps(json.loads(sample, object_hook=lambda planes: {key: value for key, value in planes.items() if key != "values"}))


_TEXT = re.compile(r"(picgui:[a-z0-9_]+): ([^\r\n]*)")  # a line of `_description`


def is_written_here(path: str | os.PathLike) -> bool:
    """Whether a file is a picture of `write_png`, `write_tiff` or `write_jpeg` with the settings of a sample."""
    return "picgui:seed" in read_texts(path)


def read_texts(path: str | os.PathLike) -> dict[str, str]:
    """The texts with which a picture was written here, by key: all of a PNG's, of others ours; none of any other file, or one that cannot be read."""
    path, description = Path(path), ""
    try:
        if path.suffix.lower() == ".png":
            return png.read_png_text(path)
        if path.suffix.lower() in (".jpg", ".jpeg"):
            with warnings.catch_warnings(action="ignore"), opened(path) as file, Image.open(file) as picture:
                description = picture.info.get("comment", b"").decode(errors="replace")
        elif path.suffix.lower() in (".tif", ".tiff"):
            with opened(path) as file, tifffile.TiffFile(file) as tiff:
                description = tiff.pages[0].description
    except Exception:  # decoders raise almost anything on damaged data; it is told when the file is read
        return {}
    return dict(_TEXT.findall(description))


def _check_image(image: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype not in (np.uint8, np.uint16) or 0 in image.shape:
        raise ExportError(
            "Only (H, W, 3) pictures of uint8 or uint16 can be written, not {shape} {dtype}.", shape=image.shape, dtype=image.dtype
        )
