"""Any photograph in, its luminance at full resolution; a colour picture out, written whole or not at all.

A `Photo` keeps CIE L* only. Whatever the file held (grey, sepia, colour, palette, CMYK, 8 or 16 bits) is reduced to the
luminance of its sRGB colours with the conversion of `picgui.color`, strip by strip.
"""

import hashlib
import contextlib
import errno
import functools
import io
import os
import secrets
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tifffile
import torch
from PIL import Image, ImageCms, PngImagePlugin, UnidentifiedImageError

from picgui import color
from picgui.errors import DestinationError, ExportError, PhotoError, Sentence, is_out_of_memory
from picgui.opencv import cv2
from picgui.paths import is_folder

PHOTO_ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")  # of files that folders are searched for
MIN_SIDE = 16
MAX_PIXELS = 150_000_000
_STRIP_PIXELS = 1 << 20
_FULL_SCALE = 65535
LIGHTNESS_STEP = np.float32(100 / _FULL_SCALE)  # L* of one step of `Photo.lightness`
_SUBFILE_TYPE = 254  # of a TIFF's page: odd for a smaller version of another one
_MAX_TEXT = 1 << 26  # bytes of a profile or a text of a PNG, unpacked; Pillow allows one megabyte, which some profiles exceed

# Formats that Pillow decodes itself. Others (EPS, for one) run foreign programs or are not pictures.
_FORMATS = ("JPEG", "MPO", "PNG", "TIFF", "WEBP", "BMP", "GIF", "PPM", "JPEG2000", "AVIF")

_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)  # orientations that exchange the axes
_EXIF_IFD = 0x8769
_GPS_IFD = 0x8825
_PIXEL_SIZES = (0xA002, 0xA003)
_TIFF_BEGINNINGS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TIFFFILE_COMPRESSIONS = (1, 8, 32946)  # none and deflate: what tifffile undoes by itself
# What a TIFF's own directory says about the picture; its other tags say how the file is laid out.
_DESCRIPTIVE_TAGS = {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298, _EXIF_IFD, _GPS_IFD}


@dataclass(frozen=True, eq=False)
class Photo:
    """The luminance of one photograph, upright, and what its file said about it.

    `lightness` is (H, W) uint16: CIE L* (D65) times 65535/100. `bit_depth` is 8 or 16, as in the file. `dpi` is
    (horizontal, vertical). `exif` is upright (orientation 1). `icc_profile` is the file's own; the lightness is already
    converted from it. `notes` are sentences for the person. Two photos are equal only if they are the same object.
    """

    lightness: np.ndarray
    source: Path | None = None
    bit_depth: int = 8
    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    notes: tuple[Sentence, ...] = ()

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


def read_photo(path: str | os.PathLike) -> Photo:
    """Read the luminance of a picture file, upright.

    Raises PhotoError, with a sentence, for what is missing, unreadable, not a picture, damaged, too small (a side under
    16 pixels) or too large (over 150 megapixels).
    """
    path = Path(path)
    with _opened(path) as file, _telling_damage(path):
        image = _identify(file, path)
        _check_size(image.width, image.height, path.name)
        return _decode(image, file, path)


def read_colors(path: str | os.PathLike, *, long_side: int | None = None) -> np.ndarray:
    """The colours of a picture file, upright: (H, W, 3) uint8 sRGB, reduced to this long side in pixels where it is given.

    Raises PhotoError as `read_photo`.
    """
    path = Path(path)
    with _opened(path) as file, _telling_damage(path):
        image = _identify(file, path)
        _check_size(image.width, image.height, path.name)
        to_srgb, _ = _srgb_conversion(_stored_mode(image), image.info.get("icc_profile"))
        deep = _deep_pixels(image, file, path)
        if deep is None:
            image.load()
        orientation = _orientation(image)
        if deep is not None:
            image = Image.fromarray((deep[:, :, :3] >> 8).astype(np.uint8))
        if long_side is not None:
            image.thumbnail((long_side, long_side), Image.Resampling.BOX)
        return np.ascontiguousarray(_upright(np.asarray(_as_rgb(image, to_srgb)), orientation))


def reduced_chroma(rgb: np.ndarray, height: int, width: int) -> np.ndarray:
    """The chroma of sRGB pixels (H, W, 3) uint8 at another size: (2, height, width) float32 in Lab units."""
    smaller = height <= rgb.shape[0] and width <= rgb.shape[1]
    resized = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return color.srgb_to_lab(torch.from_numpy(resized).movedim(-1, 0)[None] / 255)[0, 1:].numpy()


def file_digest(path: str | os.PathLike) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises PhotoError where it cannot be read."""
    path = Path(path)
    with _opened(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(path, error) from None


def photos_in(folder: Path) -> list[Path]:
    """The photographs of a folder, by the endings of their names, sorted. Raises PhotoError."""
    try:
        paths = (path for path in folder.iterdir() if not path.name.startswith("._"))  # such hold what macOS knows of another file
        return sorted(path for path in paths if path.suffix.lower() in PHOTO_ENDINGS)
    except OSError as error:
        raise PhotoError("The folder {name} cannot be read: {reason}.", name=folder.name, reason=_first_line(error)) from error


def photo_from_rgb(array: np.ndarray, *, source: Path | None = None) -> Photo:
    """A photo from sRGB pixels: (H, W) grey or (H, W, 3), uint8 or uint16. Raises PhotoError for any other array."""
    if array.dtype not in (np.uint8, np.uint16) or array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)):
        raise PhotoError(
            "A picture must be (H, W) or (H, W, 3), uint8 or uint16, not {shape} {dtype}.", shape=array.shape, dtype=array.dtype
        )
    _check_size(array.shape[1], array.shape[0], Sentence("The picture"))
    lightness = _in_strips(array.shape[:2], lambda rows: _lightness(array[rows]))
    return Photo(lightness=lightness, source=source, bit_depth=8 * array.itemsize)


# Opening and checking


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):  # it would be read only once, or wait for ever
            raise PhotoError("{name} is a pipe or a device. Save the picture as a file first.", name=path.name)
        file = open(path, "rb")
    except FileNotFoundError:
        raise PhotoError("There is no file {path}. It may have been moved or renamed.", path=path) from None
    except IsADirectoryError:
        raise PhotoError("{path} is a folder, not a picture.", path=path) from None
    except PermissionError:
        if is_folder(path):  # what Windows says of a folder
            raise PhotoError("{path} is a folder, not a picture.", path=path) from None
        raise PhotoError("{name} may not be read: you have no permission to open it.", name=path.name) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    with file:
        yield file


def _unreadable(path: Path, error: Exception) -> PhotoError:
    return PhotoError("{name} could not be opened: {reason}.", name=path.name, reason=_first_line(error))


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
            "{name} is damaged or incomplete and could not be read ({reason}). Try another copy of it.",
            name=path.name,
            reason=_first_line(error),
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
        if file.read(4) in _TIFF_BEGINNINGS:
            raise PhotoError(
                "{name} is a TIFF of a kind that cannot be read. Save it as grey or RGB with 8 or 16 bits and without transparency.",
                name=path.name,
            ) from None
        raise PhotoError("{name} is not a picture that can be read. JPEG, PNG, TIFF, WebP and BMP can.", name=path.name) from None
    if image.format == "TIFF" and image.tag_v2.get(_SUBFILE_TYPE, 0) & 1:
        raise PhotoError("{name} begins with a small preview of its picture, as raw files do. Save it as a plain TIFF first.", name=path.name)
    return image


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


def _first_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:120]


# Decoding


def _decode(image: Image.Image, file: BinaryIO, path: Path) -> Photo:
    notes = _page_notes(image)
    profile = image.info.get("icc_profile") or None
    to_srgb, profile_notes = _srgb_conversion(_stored_mode(image), profile)  # before Pillow loads it, as for EXIF it does
    dpi = _dpi(image)
    exif = _upright_exif(image)
    if dpi and _orientation(image) in _SIDEWAYS:
        dpi = dpi[::-1]
    deep = _deep_pixels(image, file, path)
    if deep is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            if image.mode in ("F", "I") and not _counts_to_16_bits(image):
                notes += (Sentence("The brightest value of this picture was taken as white."),)
            lightness = _image_lightness(image, to_srgb)
        bit_depth = 16 if image.mode.startswith(("I", "F")) else 8
    else:
        lightness = _in_strips(deep.shape[:2], lambda rows: _deep_lightness(deep[rows], to_srgb))
        bit_depth = 16
    return Photo(
        lightness=np.ascontiguousarray(_upright(lightness, _orientation(image))),
        source=path,
        bit_depth=bit_depth,
        icc_profile=profile,
        exif=exif,
        dpi=dpi,
        notes=notes + profile_notes,
    )


def _orientation(image: Image.Image) -> int:
    """That of the EXIF block, 1 to 8; 1, upright, where it says none or is malformed. Pillow turns a TIFF upright, and says so, when it is loaded."""
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # as in `_upright_exif`
        return 1


def _stored_mode(image: Image.Image) -> str:
    """The mode of an image that is not loaded yet, as its file has it: of 16 bits with alpha Pillow makes colours."""
    return "LA" if image.tile and image.tile[0][3] == "LA;16B" else image.mode


def _page_notes(image: Image.Image) -> tuple[Sentence, ...]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frames = getattr(image, "n_frames", 1)
    except Exception:  # a later page is damaged: the first is what is read
        return ()
    if frames < 2 or image.format == "MPO":  # the further pictures of an MPO are previews of the first
        return ()
    if image.format == "TIFF":
        return (Sentence("Only the first of {number} pages was read.", number=frames),)
    return (Sentence("Only the first of {number} pictures was read.", number=frames),)


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    try:
        dpi = tuple(float(value) for value in image.info.get("dpi", ()))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return dpi if len(dpi) == 2 and all(1 < value < 1e5 for value in dpi) else None


def _upright_exif(image: Image.Image) -> bytes | None:
    """The picture's EXIF block with orientation 1, without tags that describe how the file stored its pixels."""
    try:
        exif = Image.Exif()
        exif.load(_exif_bytes(image.getexif()))
        if image.format == "TIFF":
            for tag in set(exif) - _DESCRIPTIVE_TAGS:
                del exif[tag]
        if _EXIF_IFD in exif:
            for tag in _PIXEL_SIZES:
                exif.get_ifd(_EXIF_IFD).pop(tag, None)
        if not len(exif):
            return None
        exif[_ORIENTATION] = 1
        return _exif_bytes(exif)
    except Exception:  # EXIF blocks are often malformed; a photo is worth more than its tags
        return None


class _ExifText(str):
    """A text of an EXIF block, written with the bytes that it was read from: Pillow reads those as Latin-1, and would write ASCII."""

    def encode(self, *_: str) -> bytes:
        return super().encode("latin-1", "replace")


def _exif_bytes(exif: Image.Exif) -> bytes:
    for directory in (exif, *(exif.get_ifd(tag) for tag in (_EXIF_IFD, _GPS_IFD) if tag in exif)):
        for tag, value in list(directory.items()):
            if isinstance(value, str):
                directory[tag] = _ExifText(value)
    exif.bigtiff = False  # as EXIF blocks are, whatever the file was
    return exif.tobytes()


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF orientation (1 to 8; anything else is taken as upright) of pixels (H, W, ...)."""
    if orientation in _SIDEWAYS:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


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
        depths = image.tag_v2.get(258, (1,))
        if set(depths) != {16} or len(depths) < 3 or image.tag_v2.get(262) not in (2, 6):
            return None
        return _with_straight_alpha(_deep_tiff(file), (*image.tag_v2.get(338, ()), 0)[0])
    elif image.format == "PPM":
        decoder, _, offset, arguments = image.tile[0]
        return _deep_ppm(image, file, offset, arguments[1]) if decoder == "ppm" and image.mode == "RGB" and arguments[1] > 255 else None
    else:
        return None
    file.seek(0)
    return _pixels_by_opencv(file.read())


def _deep_tiff(file: BinaryIO) -> np.ndarray:
    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages[0]
        if page.compression in _TIFFFILE_COMPRESSIONS:
            pixels = page.asarray()
            return (np.moveaxis(pixels, 0, -1) if page.planarconfig == 2 else pixels)[:, :, :4]
        orientation = page.tags.get(_ORIENTATION)
        file.seek(0)
        data = bytearray(file.read())
    if orientation is not None:  # OpenCV would turn the pixels; they are turned later, as those of all files
        data[orientation.valueoffset : orientation.valueoffset + 2] = struct.pack(tiff.byteorder + "H", 1)
    return _pixels_by_opencv(data)


def _deep_ppm(image: Image.Image, file: BinaryIO, offset: int, white: int) -> np.ndarray:
    """The pixels of a binary PPM of more than 8 bits, which begin there."""
    file.seek(offset)
    lines = np.frombuffer(file.read(6 * image.width * image.height), ">u2").reshape(image.height, 3 * image.width)
    pixels = _in_strips(lines.shape, lambda rows: np.minimum(lines[rows].astype(np.uint32), white) * _FULL_SCALE // white)
    return pixels.reshape(image.height, image.width, 3)


def _with_straight_alpha(pixels: np.ndarray, kind: int) -> np.ndarray:
    """RGB pixels whose fourth channel, if any, is of this kind of a TIFF's ExtraSamples: 0 is no alpha, 1 is already multiplied, 2 is straight."""
    if pixels.shape[2] == 3 or kind == 2:
        return pixels
    if kind == 1:
        return np.minimum(pixels[:, :, :3] + (_FULL_SCALE - pixels[:, :, 3:].astype(np.uint32)), _FULL_SCALE).astype(np.uint16)
    return pixels[:, :, :3]


def _pixels_by_opencv(data: bytes | bytearray) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3:
        raise ValueError("its pixels cannot be decoded")
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB)


def _check_png_is_whole(file: BinaryIO, path: Path) -> None:
    if b"IEND" not in (name for name, _ in _png_chunks(file)):
        raise PhotoError("{name} is incomplete: its end is missing. Try another copy of it.", name=path.name)


# Pixels to lightness


def _in_strips(shape: tuple[int, int], strip: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Fill a (H, W) uint16 array from `strip(rows)`, some million pixels at a time."""
    height, width = shape
    result = np.empty(shape, np.uint16)
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        result[rows] = strip(rows)
    return result


def _lightness(pixels: np.ndarray) -> np.ndarray:
    """sRGB pixels (h, W) or (h, W, 3), uint8 or uint16, to lightness (h, W) uint16.

    Colours go to luminance through tables of `picgui.color`: linear light of each channel, its share, and L* of the square
    root of the sum, which steps by less than 0.003 L* everywhere.
    """
    if pixels.ndim == 2:
        table = _grey_lightness(256 if pixels.dtype == np.uint8 else _FULL_SCALE + 1)
        return cv2.LUT(pixels, table) if pixels.dtype == np.uint8 else table[pixels]
    if pixels.dtype == np.uint8:
        linear = cv2.LUT(pixels, _linear_light(256))
    else:
        linear = _linear_light(_FULL_SCALE + 1)[pixels]
    light = cv2.transform(linear, _light_shares())
    return _root_lightness()[(cv2.sqrt(light) * _FULL_SCALE + 0.5).astype(np.uint16)]


@functools.cache
def _linear_light(levels: int) -> np.ndarray:
    """Linear light of each sRGB level: (levels,) float32."""
    return color.srgb_to_linear(torch.linspace(0, 1, levels, dtype=torch.float64)).float().numpy()


@functools.cache
def _light_shares() -> np.ndarray:
    """How much each primary gives to luminance, (1, 3) float32: the linear light of the grey that is as light as it."""
    primaries = torch.eye(3, dtype=torch.float64)[:, :, None]
    luminance = color.srgb_to_lab(primaries)[:1]
    grey = torch.cat((luminance, torch.zeros(2, 3, 1, dtype=torch.float64)))
    return color.lab_to_linear_rgb(grey)[1].T.float().numpy()


@functools.cache
def _grey_lightness(levels: int) -> np.ndarray:
    """Lightness of each sRGB grey level: (levels,) uint16."""
    return _to_lightness(_grey_luminance(torch.linspace(0, 1, levels, dtype=torch.float64)))


@functools.cache
def _root_lightness() -> np.ndarray:
    """Lightness of each square root of linear light, in 65535ths: (65536,) uint16."""
    light = torch.linspace(0, 1, _FULL_SCALE + 1, dtype=torch.float64).square()
    return _to_lightness(_grey_luminance(color.linear_to_srgb(light)))


def _grey_luminance(grey: torch.Tensor) -> np.ndarray:
    return color.srgb_to_lab(grey.expand(3, 1, -1))[0, 0].numpy()


def _to_lightness(luminance: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(luminance, 0, 100) * (_FULL_SCALE / 100)).astype(np.uint16)


def _on_white(pixels: np.ndarray) -> np.ndarray:
    """Pixels (h, W, 3 or 4) with their alpha, if any, laid on white: (h, W, 3)."""
    if pixels.shape[2] == 3:
        return pixels
    white = np.iinfo(pixels.dtype).max
    alpha = pixels[:, :, 3:].astype(np.uint32)
    mixed = pixels[:, :, :3] * alpha + white * (white - alpha) + white // 2
    return (mixed // white).astype(pixels.dtype)


def _image_lightness(image: Image.Image, to_srgb: Callable | None) -> np.ndarray:
    """Lightness (H, W) of a loaded Pillow image of any mode; `to_srgb` converts a strip from the file's own profile."""

    def strip(rows: slice) -> np.ndarray:
        piece = image.crop((0, rows.start, image.width, rows.stop))
        return convert(piece)

    if image.has_transparency_data and not image.mode.startswith("I;16"):
        convert = functools.partial(_transparent_lightness, to_srgb=to_srgb)
    elif image.mode in ("1", "L"):
        curve = _profiled_greys(to_srgb)
        convert = lambda piece: cv2.LUT(np.asarray(piece.convert("L")), curve)  # noqa: E731
    elif image.mode.startswith("I;16"):
        curve = _profiled_deep_greys(to_srgb)
        if image.format == "TIFF":  # which may count to less than 16 bits do
            curve = curve[np.rint(np.linspace(0, _FULL_SCALE, 2 ** min(image.tag_v2.get(258, (16,))[0], 16))).astype(int)]
        # TIFF may count from white to black; Pillow undoes that in 8 bits only
        curve = curve[::-1] if image.format == "TIFF" and image.tag_v2.get(262) == 0 else curve.copy()
        if isinstance(image.info.get("transparency"), int):  # of a PNG: the one level that is laid on white
            curve[image.info["transparency"]] = _FULL_SCALE
        convert = lambda piece: curve[np.asarray(piece)]  # noqa: E731
    elif image.mode in ("I", "F"):
        brightest = _FULL_SCALE if _counts_to_16_bits(image) else _brightest(image)
        curve = _grey_lightness(_FULL_SCALE + 1)
        convert = lambda piece: curve[_scaled_to_16_bits(_numbers(piece, image), brightest)]  # noqa: E731
    elif image.mode == "LAB":
        convert = lambda piece: np.asarray(piece.getchannel("L")).astype(np.uint16) * 257  # noqa: E731
    else:
        convert = lambda piece: _lightness(np.asarray(_as_rgb(piece, to_srgb)))  # noqa: E731
    return _in_strips((image.height, image.width), strip)


def _counts_to_16_bits(image: Image.Image) -> bool:
    """Whether an image of mode I or F is a 16-bit PGM."""
    return image.format == "PPM" and image.mode == "I"


def _numbers(piece: Image.Image, image: Image.Image) -> np.ndarray:
    """The numbers of a piece of an image of mode I or F: what a TIFF counts in 32 bits without a sign Pillow gives one."""
    values = np.asarray(piece)
    is_unsigned = image.format == "TIFF" and image.mode == "I" and image.tag_v2.get(339, (1,))[0] == 1
    return values.view(np.uint32) if is_unsigned else values


def _brightest(image: Image.Image) -> float:
    """The largest finite number of an image of mode I or F."""
    brightest, step = 1e-12, max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, step):
        values = _numbers(image.crop((0, top, image.width, min(top + step, image.height))), image)
        brightest = max(brightest, values.max(where=np.isfinite(values), initial=0))
    return float(brightest)


def _scaled_to_16_bits(values: np.ndarray, brightest: float) -> np.ndarray:
    scaled = np.nan_to_num(values.astype(np.float64) / brightest, posinf=1, neginf=0)
    return np.rint(np.clip(scaled, 0, 1) * _FULL_SCALE).astype(np.uint16)


def _as_rgb(piece: Image.Image, to_srgb: Callable | None) -> Image.Image:
    if to_srgb is None:
        return piece.convert("RGB")
    return to_srgb(piece if piece.mode in ("L", "RGB", "CMYK") else piece.convert("RGB"))


def _transparent_lightness(piece: Image.Image, to_srgb: Callable | None) -> np.ndarray:
    if piece.mode == "La":
        piece = piece.convert("LA")
    alpha = np.asarray(piece.convert("RGBA").getchannel("A"))
    opaque = piece.convert("L" if piece.mode in ("1", "L", "LA") else "RGB")
    rgb = np.asarray(_as_rgb(opaque, to_srgb))
    return _lightness(_on_white(np.dstack((rgb, alpha))))


def _deep_lightness(pixels: np.ndarray, to_srgb: Callable | None) -> np.ndarray:
    """Lightness (h, W) of 16-bit RGB or RGBA pixels (h, W, 3 or 4)."""
    if to_srgb is None:
        return _lightness(_on_white(pixels))
    grid = _profiled_colours(to_srgb)
    # grid_sample counts (x, y, z) = (blue, green, red) from -1 to 1
    where = torch.from_numpy(pixels[:, :, 2::-1] * np.float32(2 / _FULL_SCALE) - 1)
    luminance = torch.nn.functional.grid_sample(grid, where[None, None], align_corners=True)[0, 0, 0].numpy()
    if pixels.shape[2] == 4:  # an interpolated grey of that luminance, on white
        grey = np.interp(luminance, _grey_lightness(_FULL_SCALE + 1) * (100 / _FULL_SCALE), np.arange(_FULL_SCALE + 1))
        grey = np.rint(grey).astype(np.uint16)
        return _lightness(_on_white(np.dstack((grey, grey, grey, pixels[:, :, 3]))))
    return _to_lightness(luminance)


# Profiles


def _srgb_conversion(mode: str, profile: bytes | None) -> tuple[Callable | None, tuple[Sentence, ...]]:
    """What turns a Pillow image from this ICC profile into sRGB (None: nothing to do), and notes about it."""
    if not profile:
        return None, ()
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = own.profile.xcolor_space.strip()
        if mode == "LAB":
            return None, ()
        colours = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}[space]
        if (colours == "CMYK") != (mode == "CMYK") or (colours == "L" and mode not in ("1", "L", "LA", "La", "I;16", "I;16B")):
            raise ImageCms.PyCMSError("the profile is for another kind of picture")
        transform = ImageCms.buildTransform(
            own, ImageCms.createProfile("sRGB"), colours, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError, TypeError):
        return None, (Sentence("The colour profile of this picture is damaged or does not fit it; it was read as sRGB."),)

    def to_srgb(image: Image.Image) -> Image.Image:
        return ImageCms.applyTransform(image if image.mode == colours else image.convert(colours), transform)

    if "sRGB" in ImageCms.getProfileDescription(own) and _keeps_colors(to_srgb):
        return None, ()
    return to_srgb, ()


def _keeps_colors(to_srgb: Callable) -> bool:
    """Whether greys and a few colours stay as they are: what calls itself sRGB may be linear, or have other primaries."""
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    colors = np.uint8([[[200, 60, 60], [60, 200, 60], [60, 60, 200]]])
    before = np.concatenate((ramp, colors), axis=1)
    after = np.asarray(to_srgb(Image.fromarray(before))).astype(int)
    apart = np.abs(after - before)
    return apart[:, :256].max() <= 1 and apart[:, 256:].max() <= 3


def _profiled_greys(to_srgb: Callable | None) -> np.ndarray:
    """Lightness of the 256 grey levels of a profile: (256,) uint16."""
    if to_srgb is None:
        return _grey_lightness(256)
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    return _lightness(np.asarray(to_srgb(ramp)))[0]


def _profiled_deep_greys(to_srgb: Callable | None) -> np.ndarray:
    """Lightness of the 65536 grey levels of a profile, (65536,) uint16, interpolated between the 256 that Pillow converts."""
    if to_srgb is None:
        return _grey_lightness(_FULL_SCALE + 1)
    levels = np.interp(np.arange(_FULL_SCALE + 1), np.arange(256) * 257, _profiled_greys(to_srgb))
    return np.rint(levels).astype(np.uint16)


@functools.lru_cache(maxsize=1)
def _profiled_colours(to_srgb: Callable) -> torch.Tensor:
    """L* on a grid of a profile's RGB colours: (1, 1, 52, 52, 52) float32, for 16-bit colours, which Pillow cannot convert."""
    steps = np.arange(0, 256, 5, dtype=np.uint8)
    red, green, blue = np.meshgrid(steps, steps, steps, indexing="ij")
    colours = np.stack((red, green, blue), axis=-1).reshape(len(steps), -1, 3)
    lightness = _lightness(np.asarray(to_srgb(Image.fromarray(colours))))
    grid = torch.from_numpy(lightness.astype(np.float32) * LIGHTNESS_STEP)
    return grid.reshape(1, 1, len(steps), len(steps), len(steps))


# Writing


def write_png(
    path: str | os.PathLike, image: np.ndarray, *, text: Mapping[str, str] | None = None, photo: Photo | None = None
) -> None:
    """Write sRGB pixels (H, W, 3), uint8 or uint16, as a PNG with these texts, and the resolution and EXIF of `photo`.

    The file appears whole under its name or not at all; one that was there stays until then. Raises ExportError.
    Source: Portable Network Graphics (PNG) Specification, third edition.
    """
    _check_image(image)
    with _replacing(Path(path)) as file:
        file.write(_PNG_SIGNATURE)
        height, width, _ = image.shape
        _write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * image.itemsize, 2, 0, 0, 0))
        _write_chunk(file, b"sRGB", b"\0")
        if photo is not None and photo.dpi is not None:
            _write_chunk(file, b"pHYs", struct.pack(">IIB", *(round(dpi / 0.0254) for dpi in photo.dpi), 1))
        if photo is not None and photo.exif is not None:
            _write_chunk(file, b"eXIf", photo.exif.removeprefix(b"Exif\0\0"))
        for key, value in (text or {}).items():
            _write_chunk(file, *_text_chunk(key, value))
        for data in _compressed(image):
            _write_chunk(file, b"IDAT", data)
        _write_chunk(file, b"IEND", b"")


def write_tiff(
    path: str | os.PathLike, image: np.ndarray, *, text: Mapping[str, str] | None = None, photo: Photo | None = None
) -> None:
    """Write sRGB pixels (H, W, 3), uint8 or uint16, as a TIFF; texts go to its description, and of the EXIF of ``photo`` maker, model, date,
    artist and copyright to its tags. As `write_png` otherwise."""
    _check_image(image)
    text = dict(text or {})
    software = text.pop("Software", None)
    resolution = {"resolution": photo.dpi, "resolutionunit": "INCH"} if photo is not None and photo.dpi else {}
    description = "\n".join(f"{key}: {value}" for key, value in text.items())
    with _replacing(Path(path)) as file:
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
            extratags=_descriptive_tags(photo),
            **resolution,
        )


def read_png_text(path: str | os.PathLike) -> dict[str, str]:
    """The texts of a PNG file (tEXt, zTXt and iTXt) before its pixels, by key. Raises PhotoError if it cannot be read or is not a PNG."""
    path = Path(path)
    texts = {}
    with _opened(path) as file:
        if file.read(len(_PNG_SIGNATURE)) != _PNG_SIGNATURE:
            raise PhotoError("{name} is not a PNG picture, so it holds no settings.", name=path.name)
        try:
            for name, data in _png_chunks(file):
                if name == b"IDAT":
                    break  # the rest may be a hundred megabytes
                if name in (b"tEXt", b"zTXt", b"iTXt"):
                    with contextlib.suppress(ValueError, IndexError, zlib.error):  # a malformed text is no text
                        key, value = _chunk_text(name, data)
                        texts[key] = value
        except OSError as error:
            raise _unreadable(path, error) from None
    return texts


def is_written_here(path: str | os.PathLike) -> bool:
    """Whether a file is a PNG or TIFF picture of `write_png` or `write_tiff` with the settings of a sample."""
    try:
        if Path(path).suffix.lower() == ".png":
            return "picgui:seed" in read_png_text(path)
        if Path(path).suffix.lower() in (".tif", ".tiff"):
            with _opened(Path(path)) as file, tifffile.TiffFile(file) as tiff:
                return "picgui:seed: " in tiff.pages[0].description
    except Exception:  # decoders raise almost anything on damaged data; it is told when the file is read
        pass
    return False


def _check_image(image: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype not in (np.uint8, np.uint16) or 0 in image.shape:
        raise ExportError(
            "Only (H, W, 3) pictures of uint8 or uint16 can be written, not {shape} {dtype}.", shape=image.shape, dtype=image.dtype
        )


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file beside `path` that takes its name when all is written, and is gone otherwise. Raises ExportError."""
    if is_folder(path):
        raise ExportError("{path} is a folder. Choose a file name for the picture.", path=path)
    temporary = path.with_name(f".picgui-{secrets.token_hex(6)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise _why_not_written(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _why_not_written(path: Path, error: OSError) -> ExportError:
    name, folder = path.name, path.parent
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return DestinationError("The disk is full, so {name} was not written. Free some space, or choose another disk.", name=name)
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return DestinationError("There is no folder {folder}, so {name} was not written. Choose another folder.", folder=folder, name=name)
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return DestinationError("You have no permission to write {name} in {folder}. Choose another folder.", folder=folder, name=name)
    return ExportError("{name} was not written: {reason}. Try another name or folder.", name=name, reason=_first_line(error))


_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name)
    file.write(data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def _png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Names of a PNG's chunks as far as they are whole, with the data of those that hold text."""
    file.seek(0, os.SEEK_END)
    size = file.tell()
    at = len(_PNG_SIGNATURE)
    while at + 12 <= size:
        file.seek(at)
        length, name = struct.unpack(">I4s", file.read(8))
        at += 12 + length
        if at > size:
            return
        yield name, file.read(length) if name.endswith(b"Xt") else b""


def _text_chunk(key: str, value: str) -> tuple[bytes, bytes]:
    name = key.encode("latin-1", "replace")
    if not 1 <= len(name) <= 79 or b"\0" in name:
        raise ExportError("A text of a PNG needs a key of 1 to 79 characters, not {key}.", key=repr(key))
    try:
        return b"tEXt", name + b"\0" + value.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", name + b"\0\0\0\0\0" + value.encode(errors="replace")


def _chunk_text(name: bytes, data: bytes) -> tuple[str, str]:
    key, rest = data.split(b"\0", 1)
    if name == b"iTXt":
        packed, _, rest = rest[0], rest[1], rest[2:]
        _, _, value = rest.split(b"\0", 2)
        return key.decode("latin-1"), (_unpacked(value) if packed else value).decode()
    value = _unpacked(rest[1:]) if name == b"zTXt" else rest
    return key.decode("latin-1"), value.decode("latin-1")


def _unpacked(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, 1 << 24)  # no more than 16 MB of text


def _compressed(image: np.ndarray) -> Iterator[bytes]:
    """The image data of a PNG: rows as differences to the left pixel, packed with run lengths and Huffman codes only.

    On photographs that is a third of the time of the usual search for repetitions, and no larger.
    """
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    height, width, channels = image.shape
    pixel = channels * image.itemsize
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        rows = image[top : top + step]
        values = np.ascontiguousarray(rows.astype(rows.dtype.newbyteorder(">"), copy=False))
        values = values.view(np.uint8).reshape(len(rows), width * pixel)
        lines = np.empty((len(rows), 1 + width * pixel), np.uint8)
        lines[:, 0] = 1  # filter "Sub"
        lines[:, 1 : 1 + pixel] = values[:, :pixel]
        np.subtract(values[:, pixel:], values[:, :-pixel], out=lines[:, 1 + pixel :])
        if data := packer.compress(lines):
            yield data
    yield packer.flush()


def _descriptive_tags(photo: Photo | None) -> list[tuple]:
    """Maker, model, date, artist and copyright of the photo's EXIF block, as tifffile takes extra tags."""
    if photo is None or photo.exif is None:
        return []
    exif = Image.Exif()
    exif.load(photo.exif)
    wanted = _DESCRIPTIVE_TAGS - {0x010E, 0x0131, _EXIF_IFD, _GPS_IFD}
    return [(tag, 2, 0, value.encode("latin-1", "replace"), True) for tag, value in exif.items() if tag in wanted and isinstance(value, str)]
