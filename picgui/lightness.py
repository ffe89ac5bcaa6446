"""Pixels of any kind to lightness: CIE L* (D65) in steps of 100 / 65535, through the picture's own colour profile where it has one.

The luminance is that of sRGB colours as `picgui.color` converts them, strip by strip.
"""

import functools
import io
import struct
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageCms, TiffImagePlugin

from picgui import color
from picgui.errors import Sentence
from picgui.opencv import cv2

FULL_SCALE = 65535
LIGHTNESS_STEP = np.float32(100 / FULL_SCALE)  # L* of one step
_STRIP_PIXELS = 1 << 20


def in_strips(shape: tuple[int, int], strip: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Fill a (H, W) uint16 array from `strip(rows)`, some million pixels at a time."""
    height, width = shape
    result = np.empty(shape, np.uint16)
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        result[rows] = strip(rows)
    return result


def lightness_of(pixels: np.ndarray) -> np.ndarray:
    """sRGB pixels (h, W) or (h, W, 3), uint8 or uint16, to lightness (h, W) uint16.

    Colours go to luminance through tables of `picgui.color`: linear light of each channel, its share, and L* of the square
    root of the sum, which steps by less than 0.003 L* everywhere.
    """
    if pixels.ndim == 2:
        table = _grey_lightness(256 if pixels.dtype == np.uint8 else FULL_SCALE + 1)
        return cv2.LUT(pixels, table) if pixels.dtype == np.uint8 else table[pixels]
    if pixels.dtype == np.uint8:
        linear = cv2.LUT(pixels, _linear_light(256))
    else:
        linear = _linear_light(FULL_SCALE + 1)[pixels]
    light = cv2.transform(linear, _light_shares())
    return _root_lightness()[(cv2.sqrt(light) * FULL_SCALE + 0.5).astype(np.uint16)]


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
    light = torch.linspace(0, 1, FULL_SCALE + 1, dtype=torch.float64).square()
    return _to_lightness(_grey_luminance(color.linear_to_srgb(light)))


def _grey_luminance(grey: torch.Tensor) -> np.ndarray:
    return color.srgb_to_lab(grey.expand(3, 1, -1))[0, 0].numpy()


def _to_lightness(luminance: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(luminance, 0, 100) * (FULL_SCALE / 100)).astype(np.uint16)


def _on_white(pixels: np.ndarray) -> np.ndarray:
    """Pixels (h, W, 3 or 4) with their alpha, if any, laid on white: (h, W, 3)."""
    if pixels.shape[2] == 3:
        return pixels
    white = np.iinfo(pixels.dtype).max
    alpha = pixels[:, :, 3:].astype(np.uint32)
    mixed = pixels[:, :, :3] * alpha + white * (white - alpha) + white // 2
    return (mixed // white).astype(pixels.dtype)


def lightness_of_image(image: Image.Image, to_srgb: Callable | None) -> np.ndarray:
    """Lightness (H, W) of a loaded Pillow image of any mode; `to_srgb` converts a strip from the file's own profile."""

    def strip(rows: slice) -> np.ndarray:
        piece = image.crop((0, rows.start, image.width, rows.stop))
        return convert(piece)

    if _has_alpha(image):
        convert = functools.partial(_transparent_lightness, to_srgb=to_srgb)
    elif image.mode in ("1", "L"):
        curve = _profiled_greys(to_srgb)
        convert = lambda piece: cv2.LUT(np.asarray(piece.convert("L")), curve)  # noqa: E731
    elif image.mode.startswith("I;16"):
        curve = _profiled_deep_greys(to_srgb)
        if image.format == "TIFF":  # which may count to less than 16 bits do
            curve = curve[np.rint(np.linspace(0, FULL_SCALE, 2 ** min(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0], 16))).astype(int)]
        # TIFF may count from white to black; Pillow undoes that in 8 bits only
        curve = curve[::-1] if image.format == "TIFF" and image.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0 else curve.copy()
        if isinstance(image.info.get("transparency"), int):  # of a PNG: the one level that is laid on white
            curve[image.info["transparency"]] = FULL_SCALE
        convert = lambda piece: curve[np.asarray(piece)]  # noqa: E731
    elif image.mode in ("I", "F"):
        brightest = FULL_SCALE if counts_to_16_bits(image) else _brightest(image)
        curve = _profiled_deep_greys(to_srgb)
        convert = lambda piece: curve[_scaled_to_16_bits(_numbers(piece, image), brightest)]  # noqa: E731
    elif image.mode == "LAB":
        convert = lambda piece: np.asarray(piece.getchannel("L")).astype(np.uint16) * 257  # noqa: E731
    else:
        convert = lambda piece: lightness_of(np.asarray(as_rgb(piece, to_srgb)))  # noqa: E731
    return in_strips((image.height, image.width), strip)


def _has_alpha(image: Image.Image) -> bool:
    """Whether something of an image is transparent, but for one level of 16 bits. A TIFF's fourth sample that nobody calls alpha, as infrared, is none."""
    is_nameless = image.format == "TIFF" and image.mode == "RGBA" and TiffImagePlugin.EXTRASAMPLES not in image.tag_v2
    return image.has_transparency_data and not is_nameless and not image.mode.startswith("I;16")


def counts_to_16_bits(image: Image.Image) -> bool:
    """Whether an image of mode I or F is a 16-bit PGM."""
    return image.format == "PPM" and image.mode == "I"


def _numbers(piece: Image.Image, image: Image.Image) -> np.ndarray:
    """The numbers of a piece of an image of mode I or F: what a TIFF counts in 32 bits without a sign Pillow gives one."""
    values = np.asarray(piece)
    is_unsigned = image.format == "TIFF" and image.mode == "I" and image.tag_v2.get(TiffImagePlugin.SAMPLEFORMAT, (1,))[0] == 1
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
    return np.rint(np.clip(scaled, 0, 1) * FULL_SCALE).astype(np.uint16)


def as_rgb(piece: Image.Image, to_srgb: Callable | None) -> Image.Image:
    """A Pillow image as sRGB, by what `srgb_conversion` gives."""
    if to_srgb is None:
        return piece.convert("RGB")
    return to_srgb(piece if piece.mode in ("L", "RGB", "CMYK") else piece.convert("RGB"))


def _transparent_lightness(piece: Image.Image, to_srgb: Callable | None) -> np.ndarray:
    if piece.mode == "La":
        piece = piece.convert("LA")
    alpha = np.asarray(piece.convert("RGBA").getchannel("A"))
    opaque = piece.convert("L" if piece.mode in ("1", "L", "LA") else "RGB")
    rgb = np.asarray(as_rgb(opaque, to_srgb))
    return lightness_of(_on_white(np.dstack((rgb, alpha))))


def lightness_of_deep(pixels: np.ndarray, to_srgb: Callable | None) -> np.ndarray:
    """Lightness (h, W) of 16-bit RGB or RGBA pixels (h, W, 3 or 4)."""
    if to_srgb is None:
        return lightness_of(_on_white(pixels))
    grid = _profiled_colours(to_srgb)
    # grid_sample counts (x, y, z) = (blue, green, red) from -1 to 1
    where = torch.from_numpy(_places_of_levels()[pixels[:, :, 2::-1]])
    luminance = torch.nn.functional.grid_sample(grid, where[None, None], align_corners=True)[0, 0, 0].numpy()
    if pixels.shape[2] == 4:  # an interpolated grey of that luminance, on white
        grey = np.interp(luminance, _grey_lightness(FULL_SCALE + 1) * (100 / FULL_SCALE), np.arange(FULL_SCALE + 1))
        grey = np.rint(grey).astype(np.uint16)
        return lightness_of(_on_white(np.dstack((grey, grey, grey, pixels[:, :, 3]))))
    return _to_lightness(luminance)


def srgb_conversion(mode: str, profile: bytes | None, gamma: float | None = None) -> tuple[Callable | None, tuple[Sentence, ...]]:
    """What turns a Pillow image into sRGB (None: nothing to do), and notes about it.

    Its pixels are of this ICC profile or, where there is none, linear light to the power of ``gamma``.
    """
    if not profile:
        return None if gamma is None else _conversion_from_gamma(gamma), ()
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = own.profile.xcolor_space.strip()
        if mode == "LAB":
            return None, ()
        colours = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}[space]
        if (colours == "CMYK") != (mode == "CMYK") or (colours == "L" and mode not in ("1", "L", "LA", "La", "I;16", "I;16B", "I", "F")):
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
    to_srgb.light = _grey_light(profile) if colours == "L" else None
    return to_srgb, ()


def _conversion_from_gamma(gamma: float) -> Callable | None:
    if not 0.05 < gamma < 5 or abs(2.2 * gamma - 1) < 0.05:  # no exponent, or as good as sRGB's
        return None
    light = torch.linspace(0, 1, 256, dtype=torch.float64) ** (1 / gamma)
    curve = np.rint(255 * color.linear_to_srgb(light).numpy()).astype(np.uint8)

    def to_srgb(image: Image.Image) -> Image.Image:
        return Image.fromarray(curve[np.asarray(image.convert("RGB"))])

    to_srgb.light = np.linspace(0, 1, FULL_SCALE + 1) ** (1 / gamma)
    return to_srgb


def _grey_light(profile: bytes) -> np.ndarray | None:
    """Linear light of 65536 grey levels by the tone curve of a grey profile, from 0 to 1; None where it has none that is known.

    Pillow converts 8 bits only. Source: ICC.1:2022, curveType and parametricCurveType, as Little CMS takes them.
    """
    try:
        tags = [struct.unpack_from(">4sII", profile, 132 + 12 * i) for i in range(struct.unpack_from(">I", profile, 128)[0])]
        start, size = next((start, size) for name, start, size in tags if name == b"kTRC")
        curve, x = profile[start : start + size], np.linspace(0, 1, FULL_SCALE + 1)
        if curve[:4] == b"curv":
            number = struct.unpack_from(">I", curve, 8)[0]
            if number < 2:
                light = x ** (struct.unpack_from(">H", curve, 12)[0] / 256) if number else x
            elif len(curve) < 12 + 2 * number:
                return None
            else:
                light = np.interp(x, np.linspace(0, 1, number), np.frombuffer(curve, ">u2", number, 12) / FULL_SCALE)
        elif curve[:4] == b"para":
            kind = struct.unpack_from(">H", curve, 8)[0]
            g, *others = (value / 65536 for value in struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", curve, 12))
            a, b = others[:2] or (1, 0)
            c, d = others[2:4] if kind > 2 else (0, -b / a)
            offset, foot = {2: (others[2:3] * 2), 4: others[4:6]}.get(kind, (0, 0))
            light = np.where(x >= d, np.maximum(a * x + b, 0) ** g + offset, c * x + foot)
        else:
            return None
    except (struct.error, StopIteration, ValueError, IndexError, ZeroDivisionError):
        return None
    return np.clip(light, 0, 1) if np.isfinite(light).all() and light[-1] > light[0] else None


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
    return lightness_of(np.asarray(to_srgb(ramp)))[0]


def _profiled_deep_greys(to_srgb: Callable | None) -> np.ndarray:
    """Lightness of the 65536 grey levels of a profile, (65536,) uint16: by its tone curve or, where that is not known, interpolated between the 256 that
    Pillow converts."""
    if to_srgb is None:
        return _grey_lightness(FULL_SCALE + 1)
    if to_srgb.light is not None:
        return _to_lightness(_grey_luminance(color.linear_to_srgb(torch.from_numpy(to_srgb.light))))
    levels = np.interp(np.arange(FULL_SCALE + 1), np.arange(256) * 257, _profiled_greys(to_srgb))
    return np.rint(levels).astype(np.uint16)


def _grid_steps() -> np.ndarray:
    """8-bit levels that the grid of `_profiled_colours` has, denser in the dark, where those of linear light are far apart: (n,) uint8."""
    return np.unique(np.rint(255 * np.linspace(0, 1, 60) ** 1.7)).astype(np.uint8)


@functools.cache
def _places_of_levels() -> np.ndarray:
    """Where each 16-bit level lies on the grid, from -1 to 1: (65536,) float32."""
    steps = _grid_steps()
    return np.interp(np.arange(FULL_SCALE + 1), steps * 257.0, np.linspace(-1, 1, len(steps))).astype(np.float32)


@functools.lru_cache(maxsize=1)
def _profiled_colours(to_srgb: Callable) -> torch.Tensor:
    """L* on a grid of a profile's RGB colours: (1, 1, n, n, n) float32, for 16-bit colours, which Pillow cannot convert."""
    steps = _grid_steps()
    red, green, blue = np.meshgrid(steps, steps, steps, indexing="ij")
    colours = np.stack((red, green, blue), axis=-1).reshape(len(steps), -1, 3)
    lightness = lightness_of(np.asarray(to_srgb(Image.fromarray(colours))))
    grid = torch.from_numpy(lightness.astype(np.float32) * LIGHTNESS_STEP)
    return grid.reshape(1, 1, len(steps), len(steps), len(steps))
