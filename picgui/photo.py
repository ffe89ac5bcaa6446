"""Any photograph in, its luminance at full resolution.

A `Photo` keeps CIE L* only. Whatever the file held (grey, sepia, colour, palette, CMYK, 8 or 16 bits) is reduced to the
luminance of its sRGB colours with the conversion of `picgui.color`, strip by strip.
"""

import contextlib
import hashlib
import io
import os
import struct
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tifffile
import torch
from PIL import Image, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from picgui import color, png
from picgui.errors import PhotoError, Sentence, is_out_of_memory
from picgui.exif import ORIENTATION, SIDEWAYS, orientation_of, upright, upright_block
from picgui.files import first_line, opened
from picgui.lightness import (
    FULL_SCALE,
    LIGHTNESS_STEP,
    as_rgb,
    counts_to_16_bits,
    in_strips,
    lightness_of,
    lightness_of_deep,
    lightness_of_image,
    srgb_conversion,
)
from picgui.opencv import cv2, resized
from picgui.xmp import ESTIMATED, packet_of, without_places

PHOTO_ENDINGS = (*".jpg .jpeg .jpe .jfif .png .tif .tiff .webp .bmp .gif .pgm .ppm .jp2 .avif".split(),)  # of files that folders are searched for
# pictures and documents of other kinds, which are told of where folders are searched
OTHER_ENDINGS = (*".heic .heif .hif .jxl .psd .psb .xcf .pdf .dng .cr2 .cr3 .nef .arw .raf .orf .rw2 .pef .srw".split(),)
_SYSTEM_FOLDERS = ("@eaDir", "#recycle", "lost+found", "System Volume Information")  # in which drives of a network, too, keep small copies and what was deleted
MIN_SIDE = 16
MAX_PIXELS = 150_000_000
_LEAST_ROWS = 0.1  # of a JPEG whose end is missing: with fewer of them there is hardly a picture
_END_OF_JPEG = b"\xff\xd9"
_SUBFILE_TYPE = 254  # of a TIFF's page: odd for a smaller version of another one
_BOXES = 1 << 22  # bytes within which a file of boxes describes its picture
_MAX_TEXT = 1 << 26  # bytes of a profile or a text of a PNG, unpacked; Pillow allows one megabyte, which some profiles exceed

# Formats that Pillow decodes itself. Others (EPS, for one) run foreign programs or are not pictures.
_FORMATS = ("JPEG", "MPO", "PNG", "TIFF", "WEBP", "BMP", "GIF", "PPM", "JPEG2000", "AVIF")

_TIFF_BEGINNINGS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TIFFFILE_COMPRESSIONS = (1, 8, 32946, 32773, 34925)  # none, deflate, PackBits and LZMA: what tifffile undoes by itself
_LZW = 5
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")  # of which its first box names one


@dataclass(frozen=True, eq=False)
class Photo:
    """The luminance of one photograph, upright, and what its file said about it.

    `lightness` is (H, W) uint16: CIE L* (D65) times 65535/100. `bit_depth` is 8 or 16, as in the file. `dpi` is
    (horizontal, vertical). `exif` is upright (orientation 1). `xmp` says what people wrote of the photograph, and that the
    colours are a model's. `notes` are sentences for the person. `turns` are the quarter turns clockwise, 0 to 3, by
    which it was turned from what its file calls upright. Two photos are equal only if they are the same object.
    """

    lightness: np.ndarray
    source: Path | None = None
    bit_depth: int = 8
    exif: bytes | None = None
    xmp: bytes = ESTIMATED
    dpi: tuple[float, float] | None = None
    notes: tuple[Sentence, ...] = ()
    turns: int = 0

    @property
    def height(self) -> int:
        return self.lightness.shape[0]

    @property
    def width(self) -> int:
        return self.lightness.shape[1]

    def luminance(self, rows: slice = slice(None)) -> np.ndarray:
        """L* of these rows: (rows, W) float32 in [0, 100]."""
        return self.lightness[rows] * LIGHTNESS_STEP

    @property
    def dtype(self) -> type:
        """Of the pixels of its colour pictures: as deep as the file's, uint8 or uint16."""
        return np.uint16 if self.bit_depth == 16 else np.uint8

    @cached_property
    def fingerprint(self) -> str:
        """Tells photographs apart: the same for the same file, on this machine and most others (decoders may differ in last bits)."""
        step = max(1, max(self.height, self.width) // 512)
        digest = hashlib.sha256(f"{self.height} {self.width}".encode())
        digest.update(np.ascontiguousarray(self.lightness[::step, ::step]).tobytes())
        return digest.hexdigest()[:16]

    def resized(self, long_side: int) -> "Photo":
        """The photo reduced to this long side in pixels, its aspect kept; never enlarged."""
        scale = long_side / max(self.height, self.width)
        if scale >= 1:
            return self
        size = (max(1, round(self.width * scale)), max(1, round(self.height * scale)))
        return replace(self, lightness=cv2.resize(self.lightness, size, interpolation=cv2.INTER_AREA))

    def turned(self, quarter_turns: int) -> "Photo":
        """The photo turned clockwise by so many quarters, from -3 (to the left) to 3, as for a print that lay sideways on the scanner.

        Its file stays as it is. Raises ValueError for any other number, such as one of degrees.
        """
        if quarter_turns not in range(-3, 4):
            raise ValueError(f"quarter_turns is {quarter_turns}; it must be from -3 to 3")
        return replace(
            self,
            lightness=quarter_turned(self.lightness, quarter_turns),
            dpi=self.dpi[::-1] if self.dpi and quarter_turns % 2 else self.dpi,
            xmp=without_places(self.xmp) if quarter_turns else self.xmp,
            turns=(self.turns + quarter_turns) % 4,
        )


def quarter_turned(pixels: np.ndarray, quarter_turns: int, axes: tuple[int, int] = (0, 1)) -> np.ndarray:
    """Pixels turned clockwise by so many quarters; ``axes`` are those of height and width."""
    return np.ascontiguousarray(np.rot90(pixels, -quarter_turns, axes))


def read_photo(path: str | os.PathLike) -> Photo:
    """Read the luminance of a picture file, upright. A JPEG whose end is missing is grey there, which its notes tell.

    Raises PhotoError, with a sentence, for what is missing, unreadable, not a picture, damaged, too small (a side under
    16 pixels) or too large (over 150 megapixels).
    """
    path = Path(path)
    with opened(path) as file, _telling_damage(path):
        image = _identify(file, path)
        _check_size(image.width, image.height, path.name)
        return _decode(image, file, path)


def read_colors(path: str | os.PathLike, *, long_side: int | None = None, whole: bool = False) -> np.ndarray:
    """The colours of a picture file, upright: (H, W, 3) uint8 sRGB, reduced to this long side in pixels where it is given.

    Grey ones of more than 8 bits need not have their lightness, which is `read_photo`'s. Raises PhotoError as `read_photo`, and where ``whole``
    for a JPEG whose end is missing, too.
    """
    path = Path(path)
    with opened(path) as file, _telling_damage(path):
        image = _identify(file, path)
        _check_size(image.width, image.height, path.name)
        to_srgb, _ = _conversion(image)
        deep = _deep_pixels(image, file, path)
        if deep is None:
            image, is_whole = _loaded(image, file, path)
            if whole and not is_whole:
                raise _cut_off(path)
        orientation = orientation_of(image)
        if deep is not None:
            image = Image.fromarray((deep[:, :, :3] >> 8).astype(np.uint8))
        elif image.mode.startswith("I;16"):  # which Pillow cannot reduce by whole numbers
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if long_side is not None:
            image.thumbnail((long_side, long_side), Image.Resampling.BOX)
        return np.ascontiguousarray(upright(np.asarray(as_rgb(image, to_srgb)), orientation))


def reduced_chroma(rgb: np.ndarray, height: int, width: int) -> np.ndarray:
    """The chroma of sRGB pixels (H, W, 3) uint8 at another size: (2, height, width) float32 in Lab units."""
    return color.srgb_to_lab(torch.from_numpy(resized(rgb, height, width)).movedim(-1, 0)[None] / 255)[0, 1:].numpy()


def photos_in(folder: Path) -> list[Path]:
    """The photographs of a folder, by the endings of their names, sorted. Raises PhotoError."""
    return files_in(folder, PHOTO_ENDINGS)


def files_in(folder: Path, endings: Collection[str]) -> list[Path]:
    """The files of a folder whose names end so, in small letters, sorted. Raises PhotoError."""
    with _entries(folder) as entries:
        names = [entry.name for entry in entries if not entry.is_dir()]
    paths = (folder / name for name in names if not name.startswith("._"))  # such hold what macOS knows of another file
    return sorted(path for path in paths if path.suffix.lower() in endings)


def folders_in(folder: Path) -> list[Path]:
    """The folders that a person has in a folder, sorted: none that is hidden, a system's own, or only a link. Raises PhotoError."""
    with _entries(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith((".", "$")) and entry.name not in _SYSTEM_FOLDERS]
    real = os.path.realpath(folder)
    return sorted(folder / name for name in names if os.path.realpath(folder / name) == os.path.join(real, name))  # else it leads elsewhere


@contextlib.contextmanager
def _entries(folder: Path) -> Iterator[Iterator[os.DirEntry]]:
    try:
        with os.scandir(folder) as entries:
            yield entries
    except OSError as error:
        raise PhotoError("The folder {name} cannot be read: {reason}. Choose another.", name=folder.name, reason=first_line(error)) from error


def photo_from_rgb(array: np.ndarray) -> Photo:
    """A photo from sRGB pixels: (H, W) grey or (H, W, 3), uint8 or uint16. Raises PhotoError for any other array."""
    if array.dtype not in (np.uint8, np.uint16) or array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)):
        raise PhotoError(
            "A picture must be (H, W) or (H, W, 3), uint8 or uint16, not {shape} {dtype}.", shape=array.shape, dtype=array.dtype
        )
    _check_size(array.shape[1], array.shape[0], Sentence("The picture"))
    lightness = in_strips(array.shape[:2], lambda rows: lightness_of(array[rows]))
    return Photo(lightness=lightness, bit_depth=8 * array.itemsize)


# Opening and checking


@contextlib.contextmanager
def _telling_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except PhotoError:
        raise
    except Exception as error:  # decoders raise almost anything on damaged data
        if is_out_of_memory(error):
            raise PhotoError("There is not enough memory to read {name}. Close other programs and try again.", name=path.name) from None
        raise PhotoError(
            "{name} is damaged or incomplete and could not be read. Try another copy of it.", name=path.name
        ) from error


def load_readers() -> None:
    """Load what reads the formats, which the first photograph otherwise waits for."""
    Image.init()


def _identify(file: BinaryIO, path: Path) -> Image.Image:
    if not file.read(1):
        raise PhotoError("{name} is empty. The copy or download may have failed.", name=path.name)
    file.seek(0)
    load_readers()
    PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY = _MAX_TEXT, 4 * _MAX_TEXT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit is the one that is told
            image = Image.open(file, formats=[name for name in _FORMATS if name in Image.OPEN])
    except Image.DecompressionBombError:
        raise PhotoError("{name} is too large: {limit}", name=path.name, limit=_limit()) from None
    except UnidentifiedImageError:
        file.seek(0)
        beginning = file.read(40)
        if beginning[4:8] == b"ftyp" and any(brand in beginning for brand in _HEIC_BRANDS):
            raise PhotoError("{name} is a HEIC picture, as phones take them, which cannot be read here. Export it as JPEG and open that.", name=path.name) from None
        if beginning[:4] in _TIFF_BEGINNINGS:
            if _directory(beginning) >= file.seek(0, os.SEEK_END):
                raise _cut_off(path) from None
            raise PhotoError(
                "{name} is a TIFF of a kind that cannot be read. Save it as grey or RGB with 8 or 16 bits and without transparency.",
                name=path.name,
            ) from None
        raise PhotoError("{name} is not a picture that can be read. Save it as JPEG, PNG or TIFF.", name=path.name) from None
    if image.format == "JPEG2000" and (colours := _box(file, b"colr"))[:1] == b"\x02":  # a profile, which Pillow does not take
        image.info.setdefault("icc_profile", colours[3:])
    if image.format == "TIFF" and image.tag_v2.get(_SUBFILE_TYPE, 0) & 1:
        raise PhotoError("{name} begins with a small preview of its picture, as raw files do. Save it as a plain TIFF first.", name=path.name)
    return image


def _directory(beginning: bytes) -> int:
    """Where a TIFF has its directory, often at its end."""
    is_big, order = beginning[:4] in _TIFF_BEGINNINGS[2:], "little" if beginning[:1] == b"I" else "big"
    return int.from_bytes(beginning[8:16] if is_big else beginning[4:8], order)


def _check_size(width: int, height: int, name: str) -> None:
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            "{name} is too small: {width} x {height} pixels. Each side needs at least {least}.",
            name=name,
            width=width,
            height=height,
            least=MIN_SIDE,
        )
    if width * height > MAX_PIXELS:
        raise PhotoError(
            "{name} is too large: {width} x {height} pixels. {limit}", name=name, width=width, height=height, limit=_limit()
        )


def _limit() -> Sentence:
    return Sentence("The limit is {megapixels} megapixels; make it smaller first.", megapixels=MAX_PIXELS // 1_000_000)


# Decoding


def _decode(image: Image.Image, file: BinaryIO, path: Path) -> Photo:
    notes = _page_notes(image, file)
    to_srgb, profile_notes = _conversion(image)  # before Pillow loads it
    deep = _deep_pixels(image, file, path)
    if image.format == "PNG" and deep is None:
        image.load()  # its EXIF may be at its end: Pillow would look for that, come upon damage on its way, and have no more to load
    dpi = _dpi(image)
    exif, xmp = upright_block(image), packet_of(image)
    if dpi and orientation_of(image) in SIDEWAYS:
        dpi = dpi[::-1]
    is_reduced = _has_more_than_8_bits(image, file)
    if deep is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image, is_whole = _loaded(image, file, path)
            if not is_whole:
                notes += (Sentence("The end of the file is missing; what is missing is grey."),)
            if image.mode in ("F", "I") and not counts_to_16_bits(image):
                notes += (Sentence("The brightest value of this picture was taken as white."),)
            lightness = lightness_of_image(image, to_srgb)
        bit_depth = 16 if image.mode.startswith(("I", "F")) else 8
        if bit_depth == 8 and is_reduced:
            notes += (Sentence("This picture has more than 8 bits; it was read with 8."),)
    else:
        lightness = in_strips(deep.shape[:2], lambda rows: lightness_of_deep(deep[rows], to_srgb))
        bit_depth = 16
    return Photo(
        lightness=np.ascontiguousarray(upright(lightness, orientation_of(image))),
        source=path,
        bit_depth=bit_depth,
        exif=exif,
        xmp=xmp,
        dpi=dpi,
        notes=notes + profile_notes,
    )


def _loaded(image: Image.Image, file: BinaryIO, path: Path) -> tuple[Image.Image, bool]:
    """A picture with its pixels, and whether all of it was there: a JPEG that is cut off is grey from there on, as viewers show it."""
    try:
        image.load()
        return image, True
    except OSError as error:
        if image.format not in ("JPEG", "MPO") or "truncated" not in str(error):
            raise
    file.seek(0)
    image = _identify(io.BytesIO(file.read() + _END_OF_JPEG), path)  # as Pillow itself would, but by a switch that is every thread's
    image.load()
    pixels = np.asarray(image.getchannel(0))
    there = np.flatnonzero((pixels != pixels[-1, -1]).any(axis=1))  # rows that are not the grey of what is missing
    if not there.size or there[-1] + 1 < _LEAST_ROWS * image.height:
        raise _cut_off(path)
    return image, False


def _cut_off(path: Path) -> PhotoError:
    return PhotoError("{name} is incomplete: its end is missing. Try another copy of it.", name=path.name)


def _stored_mode(image: Image.Image) -> str:
    """The mode of an image that is not loaded yet, as its file has it: of 16 bits with alpha Pillow makes colours."""
    return "LA" if image.tile and image.tile[0][3] == "LA;16B" else image.mode


def _page_notes(image: Image.Image, file: BinaryIO) -> tuple[Sentence, ...]:
    before = file.tell()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # counting turns the pages, and one that is damaged would leave its tags to the first: another image of the file counts
            frames = getattr(Image.open(file, formats=[image.format]), "n_frames", 1)
    except Exception:  # a later page is damaged: the first is what is read
        return ()
    finally:
        file.seek(before)
    if frames < 2 or image.format == "MPO":  # the further pictures of an MPO are previews of the first
        return ()
    if image.format == "TIFF":
        return (Sentence("Only the first of {number} pages was read.", number=frames),)
    return (Sentence("Only the first of {number} pictures was read.", number=frames),)


def _conversion(image: Image.Image) -> tuple[Callable | None, tuple[Sentence, ...]]:
    """`srgb_conversion` of an image that is not loaded yet: by its profile or, of a PNG without one that does not say it is sRGB, its gAMA chunk."""
    gamma = None if "srgb" in image.info else image.info.get("gamma")
    return srgb_conversion(_stored_mode(image), image.info.get("icc_profile"), gamma)


def _has_more_than_8_bits(image: Image.Image, file: BinaryIO) -> bool:
    """Whether a picture that is not loaded yet has."""
    if image.format == "TIFF":
        return max(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,))) > 8
    if image.format == "JPEG2000":
        return (_box(file, b"ihdr")[10:11] or b"\x07")[0] & 0x7F > 7
    if image.format == "AVIF":
        return bool((_box(file, b"av1C")[2:3] or b"\0")[0] & 0x40)
    return image.format == "PPM" and isinstance(image.tile[0][3], tuple) and image.tile[0][3][1] > 255


def _box(file: BinaryIO, name: bytes) -> bytes:
    """What the first box of this name holds near the beginning of a JPEG 2000 or AVIF file; empty where there is none."""
    before = file.tell()
    file.seek(0)
    head = file.read(_BOXES)
    file.seek(before)
    at = head.find(name, 4)
    return head[at + 4 : at - 4 + int.from_bytes(head[at - 4 : at])] if at > 0 else b""


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    try:
        dpi = tuple(float(value) for value in image.info.get("dpi", ()))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return dpi if len(dpi) == 2 and all(1 < value < 1e5 for value in dpi) else None


def _deep_pixels(image: Image.Image, file: BinaryIO, path: Path) -> np.ndarray | None:
    """The uint16 pixels (H, W, 3 or 4) of a 16-bit colour file, RGB(A), as stored; None for any other file.

    Pillow would reduce these to 8 bits.
    """
    file.seek(0)
    if image.format == "PNG":
        header = file.read(26)
        if header[24] != 16 or header[25] == 0:
            return None
        _check_png_is_whole(file, path)
    elif image.format == "TIFF":
        depths = image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,))
        if set(depths) != {16} or len(depths) < 3 or image.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) not in (2, 6):
            return None
        return _with_straight_alpha(_deep_tiff(file, path), (*image.tag_v2.get(TiffImagePlugin.EXTRASAMPLES, ()), 0)[0])
    elif image.format == "PPM":
        decoder, _, offset, arguments = image.tile[0]
        return _deep_ppm(image, file, offset, arguments[1]) if decoder == "ppm" and image.mode == "RGB" and arguments[1] > 255 else None
    else:
        return None
    file.seek(0)
    return _pixels_by_opencv(file.read())


def _deep_tiff(file: BinaryIO, path: Path) -> np.ndarray:
    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages[0]
        if page.compression in _TIFFFILE_COMPRESSIONS:
            pixels = page.asarray()
            return (np.moveaxis(pixels, 0, -1) if page.planarconfig == 2 else pixels)[:, :, :4]
        if page.compression != _LZW or page.planarconfig == 2:  # OpenCV takes one plane for all
            raise PhotoError("{name} is a TIFF of 16 bits whose compression cannot be read. Save it uncompressed, or with ZIP.", name=path.name)
        orientation = page.tags.get(ORIENTATION)
        file.seek(0)
        data = bytearray(file.read())
    if orientation is not None:  # OpenCV would turn the pixels; they are turned later, as those of all files
        data[orientation.valueoffset : orientation.valueoffset + 2] = struct.pack(tiff.byteorder + "H", 1)
    return _pixels_by_opencv(data)


def _deep_ppm(image: Image.Image, file: BinaryIO, offset: int, white: int) -> np.ndarray:
    """The pixels of a binary PPM of more than 8 bits, which begin there."""
    file.seek(offset)
    lines = np.frombuffer(file.read(6 * image.width * image.height), ">u2").reshape(image.height, 3 * image.width)
    pixels = in_strips(lines.shape, lambda rows: np.minimum(lines[rows].astype(np.uint32), white) * FULL_SCALE // white)
    return pixels.reshape(image.height, image.width, 3)


def _with_straight_alpha(pixels: np.ndarray, kind: int) -> np.ndarray:
    """RGB pixels whose fourth channel, if any, is of this kind of a TIFF's ExtraSamples: 0 is no alpha, 1 is already multiplied, 2 is straight."""
    if pixels.shape[2] == 3 or kind == 2:
        return pixels
    if kind == 1:
        return np.minimum(pixels[:, :, :3] + (FULL_SCALE - pixels[:, :, 3:].astype(np.uint32)), FULL_SCALE).astype(np.uint16)
    return pixels[:, :, :3]


def _pixels_by_opencv(data: bytes | bytearray) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3:
        raise ValueError("its pixels cannot be decoded")
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA) if pixels.shape[2] == 4 else pixels[:, :, ::-1]


def _check_png_is_whole(file: BinaryIO, path: Path) -> None:
    if b"IEND" not in (name for name, _ in png.chunks_of(file)):
        raise _cut_off(path)
