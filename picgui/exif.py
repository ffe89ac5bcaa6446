"""What an EXIF block says of a picture: how it lies, and what goes with it into another file."""

import re
from contextlib import suppress

import numpy as np
from PIL import Image
from PIL.ExifTags import IFD, Base

ORIENTATION = Base.Orientation
SIDEWAYS = (5, 6, 7, 8)  # orientations that exchange the axes
_RESOLUTION = (Base.XResolution, Base.YResolution, Base.ResolutionUnit)  # which a file says in its own way
_OF_THE_PIXELS = (Base.ExifImageWidth, Base.ExifImageHeight, Base.SubjectLocation, IFD.Interop, 0x9214)  # the last one is SubjectArea: places, as they were stored
_MACHINE_TEXT = ('{"', "shape=", "ImageJ=", "<?xml", "<OME")  # of tifffile, of ImageJ, OME's: TIFF readers take it for the shape of the file
_OWN_LINES = re.compile(r"(^|\n)(Comment: .*\n)?picgui:seed: .*(\npicgui:.*)*")  # which picgui writes below a caption
_OF_THE_SCAN = {Base.Make, Base.Model, Base.DateTime, Base.Artist, Base.Copyright}
_OF_THE_FILE = {254, 256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 700, 33723, 34377, 34675}  # its layout; XMP, IPTC, Photoshop's and a profile, which have their own places
# What a TIFF's own directory says about the picture; its other tags say how the file is laid out.
_DESCRIPTIVE_TAGS = {*_OF_THE_SCAN, Base.ImageDescription, Base.Software, Base.HostComputer, IFD.Exif, IFD.GPSInfo}


def orientation_of(image: Image.Image) -> int:
    """That of the EXIF block, 1 to 8; 1, upright, where it says none or is malformed. Pillow turns a TIFF upright, and says so, when it is loaded."""
    try:
        return image.getexif().get(ORIENTATION, 1)
    except Exception:  # as in `upright_block`
        return 1


def upright_block(image: Image.Image) -> bytes | None:
    """The picture's EXIF block with orientation 1 and sRGB, without tags that describe how the file stored its pixels, nor settings of picgui."""
    try:
        exif = Image.Exif()
        exif.load(_exif_bytes(image.getexif()))
        for tag in set(exif) - _DESCRIPTIVE_TAGS if image.format == "TIFF" else set(exif) & _OF_THE_FILE:
            del exif[tag]
        for tag in _RESOLUTION:
            exif.pop(tag, None)
        if isinstance(described := exif.pop(Base.ImageDescription, None), str) and (caption := _caption(described)):
            exif[Base.ImageDescription] = ExifText(caption)
        if IFD.Exif in exif:
            inner = exif.get_ifd(IFD.Exif)
            for tag in _OF_THE_PIXELS:
                inner.pop(tag, None)
            if Base.ColorSpace in inner:
                inner[Base.ColorSpace] = 1  # sRGB, as all that is written
        if not len(exif):
            return None
        exif[ORIENTATION] = 1
        return _exif_bytes(exif)
    except Exception:  # EXIF blocks are often malformed; a photo is worth more than its tags
        return None


class ExifText(str):
    """A text of an EXIF block, written with the bytes that it was read from: Pillow reads those as Latin-1, and would write ASCII."""

    def encode(self, *_: str) -> bytes:
        return super().encode("latin-1", "replace")


def _exif_bytes(exif: Image.Exif) -> bytes:
    for directory in (exif, *(exif.get_ifd(tag) for tag in (IFD.Exif, IFD.GPSInfo) if tag in exif)):
        for tag, value in list(directory.items()):
            if isinstance(value, str):
                directory[tag] = ExifText(value)
    exif.bigtiff = False  # as EXIF blocks are, whatever the file was
    return exif.tobytes()


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF orientation (1 to 8; anything else is taken as upright) of pixels (H, W, ...)."""
    if orientation in SIDEWAYS:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _caption(described: str) -> str:
    """What people read of a description: nothing of what only programs do."""
    caption = _OWN_LINES.sub("", described.split("\0")[0]).strip(" \t\r\n")  # not what would be a part of a letter in UTF-8
    return "" if caption.startswith(_MACHINE_TEXT) else caption


def caption_of(block: bytes) -> str:
    """What an `upright_block` says that the picture shows; empty where it says nothing."""
    exif = Image.Exif()
    exif.load(block)
    caption = exif.get(Base.ImageDescription, "")
    with suppress(UnicodeError):  # Pillow reads Latin-1
        caption = caption.encode("latin-1").decode()
    return caption


def block_of(block: bytes | None, software: str | None, *, dpi: tuple[float, float] | None = None) -> bytes:
    """An `upright_block` as a new file says it: upright, which Pillow would look for in the XMP otherwise, written by this software, with this resolution."""
    exif = Image.Exif()
    exif.load(block or b"")
    if software:
        exif[Base.Software] = software
    if dpi:
        exif.update(zip(_RESOLUTION, (*dpi, 2), strict=True))  # 2 is inches
    exif.setdefault(ORIENTATION, 1)
    return _exif_bytes(exif)


def descriptive_tags(block: bytes) -> list[tuple]:
    """Maker, model, date, artist and copyright of an EXIF block, as tifffile takes extra tags."""
    exif = Image.Exif()
    exif.load(block)
    texts = {tag: value for tag, value in exif.items() if tag in _OF_THE_SCAN and isinstance(value, str)}
    return [(int(tag), 2, 0, value.encode("latin-1", "replace"), True) for tag, value in texts.items()]
