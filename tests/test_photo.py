"""Any photograph in, its luminance out; pictures written whole or not at all."""

import dataclasses
import errno
import io
import os
import signal
import struct
import sys
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
import torch
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, features

from picgui import color, files, lightness
from picgui import photo as photo_module
from picgui.errors import DestinationError, ExistsError, ExportError, PhotoError
from picgui.exif import ExifText
from picgui.files import file_digest
from picgui.opencv import cv2
from picgui.photo import Photo, photo_from_rgb, photos_in, read_colors, read_photo
from picgui.png import read_png_text
from picgui.writing import is_written_here, write_jpeg, write_png, write_tiff
from picgui.xmp import ESTIMATED
from tests.profiles import grey_profile, wide_gamut_profile

HEIGHT, WIDTH = 40, 56


def colours(height=HEIGHT, width=WIDTH):
    """A smooth colour picture (height, width, 3) uint8 without any symmetry."""
    y, x = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    return np.rint(255 * np.stack((x, y, 0.2 + 0.5 * x * y), axis=-1)).astype(np.uint8)


def luminance_of(rgb):
    """L* of sRGB pixels (H, W, 3) by the definition in picgui.color, in float64."""
    scale = np.iinfo(rgb.dtype).max
    return color.srgb_to_lab(torch.from_numpy(rgb.astype(np.float64) / scale).movedim(-1, 0))[0].numpy()


def saved(path, pixels, **options):
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(path, **options)
    return path


def assert_luminance(photo, expected, tolerance=0.01):
    assert photo.lightness.dtype == np.uint16
    assert photo.luminance().shape == expected.shape
    np.testing.assert_allclose(photo.luminance(), expected, atol=tolerance)


# Formats and kinds of pixels


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp", "a.webp", "a.jpg", "a.gif", "a.jp2", "a.avif", "a.ppm", "a.pgm"])
def test_every_format_gives_the_luminance_of_its_pixels(tmp_path, name):
    if name == "a.avif" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    full = {"quality": 100, "subsampling": "4:4:4"}
    options = {"a.webp": {"lossless": True}, "a.jpg": full, "a.avif": full, "a.jp2": {"irreversible": False}}.get(name, {})
    pixels = {"a.gif": colours() // 64 * 64, "a.pgm": colours()[:, :, 0]}.get(name, colours())  # of few colours, and of none
    photo = read_photo(saved(tmp_path / name, pixels, **options))
    expected = luminance_of(pixels if pixels.ndim == 3 else np.dstack([pixels] * 3))
    assert_luminance(photo, expected, {"a.jpg": 1.5, "a.avif": 3}.get(name, 0.01))
    assert (photo.height, photo.width, photo.bit_depth) == (HEIGHT, WIDTH, 8)
    assert photo.source == tmp_path / name
    assert photo.notes == ()


def test_of_pictures_that_move_the_first_is_read_and_that_is_told(tmp_path):
    frames = [Image.fromarray(colours() // 64 * 64), Image.new("RGB", (WIDTH, HEIGHT))]
    photo = read_photo(saved(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:]))
    assert_luminance(photo, luminance_of(colours() // 64 * 64))
    assert photo.notes == ("Only the first of 2 pictures was read.",)


def test_a_folder_is_searched_for_photographs_of_every_kind(tmp_path):
    endings = "jpg jpeg jpe jfif png tif tiff webp bmp gif pgm ppm jp2 avif".split()
    names = [f"{place:02}.{ending if place % 2 else ending.upper()}" for place, ending in enumerate(endings)]
    for name in (*names, "notes.txt", "scan.psd"):
        (tmp_path / name).touch()
    (tmp_path / "a folder.jpg").mkdir()
    assert [path.name for path in photos_in(tmp_path)] == names


def test_every_8_bit_grey_keeps_its_own_level(tmp_path):
    grey = np.arange(256, dtype=np.uint8).repeat(16).reshape(64, 64)
    photo = read_photo(saved(tmp_path / "a.png", grey))
    assert_luminance(photo, luminance_of(np.dstack([grey] * 3)), 0.001)
    assert len(np.unique(photo.lightness)) == 256


def test_grey_and_the_same_grey_stored_as_colour_agree():
    grey = np.arange(256, dtype=np.uint8).repeat(16).reshape(64, 64)
    apart = photo_from_rgb(grey).lightness.astype(int) - photo_from_rgb(np.dstack([grey] * 3)).lightness
    assert np.abs(apart).max() <= 2  # of 65535


def test_a_16_bit_grey_keeps_more_than_256_levels(tmp_path):
    grey = np.linspace(0, 65535, 128 * 128).astype(np.uint16).reshape(128, 128)
    for name in ("a.png", "a.tif"):
        photo = read_photo(saved(tmp_path / name, grey))
        assert photo.bit_depth == 16
        assert len(np.unique(photo.lightness)) > 10_000
        assert_luminance(photo, luminance_of(np.dstack([grey] * 3)), 0.001)


def deep_colours():
    return (colours().astype(np.uint16) << 8) + np.arange(WIDTH, dtype=np.uint16)[:, None]


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_16_bit_colour_tiff_is_read_at_16_bits(tmp_path, compression, planar):
    path, deep = tmp_path / "a.tif", deep_colours()
    if compression == "lzw":  # which tifffile cannot write by itself
        cv2.imwrite(str(path), deep[:, :, ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])
        if planar == "separate":  # OpenCV took the first plane for the whole picture
            data = bytearray(path.read_bytes())
            with tifffile.TiffFile(path) as tiff:
                data[tiff.pages[0].tags[284].valueoffset] = 2
            path.write_bytes(data)
            with pytest.raises(PhotoError, match="compression cannot be read"):
                read_photo(path)
            return
    else:
        pixels = deep if planar == "contig" else np.moveaxis(deep, -1, 0)
        tifffile.imwrite(path, pixels, photometric="rgb", planarconfig=planar, compression=compression)
    photo = read_photo(path)
    assert photo.bit_depth == 16
    assert_luminance(photo, luminance_of(deep), 0.01)
    assert np.abs(photo.luminance() - luminance_of((deep >> 8).astype(np.uint8))).max() > 0.05


@pytest.mark.parametrize("compression", ["lzma", "packbits", "zstd"])
def test_16_bit_colour_tiff_of_another_compression_is_read_or_told(tmp_path, compression):
    path, deep = tmp_path / "a.tif", deep_colours()
    if compression == "packbits":  # which tifffile cannot write by itself
        cv2.imwrite(str(path), deep[:, :, ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 32773])
    else:
        tifffile.imwrite(path, deep, photometric="rgb", compression="lzma")
    if compression == "zstd":
        data = bytearray(path.read_bytes())
        with tifffile.TiffFile(path) as tiff:
            at = tiff.pages[0].tags[259].valueoffset
        data[at : at + 2] = struct.pack("<H", 50000)
        path.write_bytes(data)
        with pytest.raises(PhotoError, match="compression cannot be read"):
            read_photo(path)
    else:
        assert_luminance(read_photo(path), luminance_of(deep), 0.01)


def test_what_is_read_with_fewer_bits_than_it_has_is_told(tmp_path):
    path = tmp_path / "a.ppm"
    values = deep_colours().reshape(-1)
    path.write_text(f"P3\n{WIDTH} {HEIGHT}\n65535\n" + " ".join(map(str, values.tolist())))
    photo = read_photo(path)
    assert photo.bit_depth == 8 and [str(note) for note in photo.notes] == ["This picture has more than 8 bits; it was read with 8."]
    assert_luminance(photo, luminance_of(deep_colours()), 0.5)
    tifffile.imwrite(tmp_path / "a.tif", np.full((HEIGHT, WIDTH, 4), 30_000, np.uint16), photometric="separated")
    assert len(read_photo(tmp_path / "a.tif").notes) == 1
    assert not read_photo(saved(tmp_path / "b.tif", colours())).notes


@pytest.mark.parametrize("gamma", [1.0, 1 / 1.8, 1 / 2.2])
@pytest.mark.parametrize("kind", ["grey", "colour", "deep"])
def test_the_gamma_of_a_png_counts_where_nothing_else_says_what_its_colours_are(tmp_path, gamma, kind):
    pixels = {"grey": colours()[:, :, 0], "colour": colours(), "deep": deep_colours()}[kind]
    white = np.iinfo(pixels.dtype).max
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), pixels if kind == "grey" else pixels[:, :, ::-1])

    def with_chunks(*chunks):
        data = path.read_bytes()
        added = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
        (tmp_path / "b.png").write_bytes(data[:33] + added + data[33:])
        return read_photo(tmp_path / "b.png")

    chunk = (b"gAMA", struct.pack(">I", round(gamma * 100_000)))
    as_srgb = np.dstack([pixels] * 3) if kind == "grey" else pixels
    assert_luminance(with_chunks(chunk, (b"sRGB", b"\0")), luminance_of(as_srgb), 0.01)
    if gamma != 1 / 2.2:
        light = torch.from_numpy(as_srgb / white) ** (1 / gamma)
        as_srgb = np.rint(255 * color.linear_to_srgb(light).numpy()).astype(np.uint8)
    assert_luminance(with_chunks(chunk), luminance_of(as_srgb), 1.5 if kind == "deep" else 0.2)


def test_a_file_that_came_meanwhile_is_not_replaced_where_that_was_not_asked_for(tmp_path, monkeypatch):
    path, image = tmp_path / "a.png", np.full((20, 20, 3), 7, np.uint8)
    write_png(path, image, exclusive=True)
    before = path.read_bytes()
    for links in (True, False):  # not every disk has them
        if not links:
            monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOTSUP, "Operation not supported")))
            write_tiff(tmp_path / "b.tif", image, exclusive=True)
            assert (tmp_path / "b.tif").exists()
        with pytest.raises(ExistsError, match="another program"):
            write_png(path, image + 1, exclusive=True)
        assert path.read_bytes() == before and not list(tmp_path.glob(".picgui*"))


def test_a_file_that_is_held_for_a_moment_is_waited_for(tmp_path, monkeypatch):
    replace, tries = os.replace, []

    def held(*arguments):
        tries.append(1)
        if len(tries) < 3:
            raise PermissionError(errno.EACCES, "it is open", "from", None, "to")
        replace(*arguments)

    monkeypatch.setattr("picgui.files._TRIES", 3)
    monkeypatch.setattr(os, "replace", held)
    write_png(tmp_path / "a.png", np.zeros((20, 20, 3), np.uint8))
    assert len(tries) == 3 and (tmp_path / "a.png").exists()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(errno.EACCES, "it is open", "from", None, "to")))
    with pytest.raises(ExportError, match="open in another program") as told:
        write_png(tmp_path / "a.png", np.zeros((20, 20, 3), np.uint8))
    assert not isinstance(told.value, DestinationError), "others can be written"


def test_16_bit_colour_png_is_read_at_16_bits_and_its_alpha_laid_on_white(tmp_path):
    deep = deep_colours()
    write_png(tmp_path / "a.png", deep)
    assert_luminance(read_photo(tmp_path / "a.png"), luminance_of(deep), 0.01)
    alpha = np.full((HEIGHT, WIDTH, 1), 65535, np.uint16)
    alpha[:10] = 0
    cv2.imwrite(str(tmp_path / "b.png"), np.dstack((deep[:, :, ::-1], alpha)))
    expected = luminance_of(deep)
    expected[:10] = 100
    assert_luminance(read_photo(tmp_path / "b.png"), expected, 0.01)


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_the_fourth_channel_of_a_16_bit_tiff_is_what_the_file_says(tmp_path, kind):
    deep, fourth = deep_colours(), np.full((HEIGHT, WIDTH, 1), 65535 // 4, np.uint16)
    stored = np.rint(deep * (fourth / 65535)).astype(np.uint16) if kind == 1 else deep
    tifffile.imwrite(tmp_path / "a.tif", np.dstack((stored, fourth)), photometric="rgb", extrasamples=[kind])
    laid = np.rint(deep * (fourth / 65535) + 65535 - fourth).astype(np.uint16)
    assert_luminance(read_photo(tmp_path / "a.tif"), luminance_of(deep if kind == 0 else laid), 0.01)


def test_the_fourth_channel_of_a_packed_16_bit_tiff_that_does_not_say_is_no_alpha(tmp_path):
    four = np.dstack((deep_colours()[:, :, ::-1], np.full((HEIGHT, WIDTH, 1), 9999, np.uint16)))
    cv2.imwrite(str(tmp_path / "a.tif"), four, [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    assert_luminance(read_photo(tmp_path / "a.tif"), luminance_of(deep_colours()), 0.01)


def test_a_grey_tiff_with_multiplied_alpha_is_laid_on_white(tmp_path):
    grey, alpha = colours()[:, :, 0], np.full((HEIGHT, WIDTH), 128, np.uint8)
    multiplied = np.rint(grey * (128 / 255)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", np.dstack((multiplied, alpha)), photometric="minisblack", extrasamples=[1])
    laid = np.rint(grey * (128 / 255) + 127).astype(np.uint8)
    assert_luminance(read_photo(tmp_path / "a.tif"), luminance_of(np.dstack([laid] * 3)), 0.8)


def test_a_16_bit_grey_png_with_a_transparent_level_keeps_its_others(tmp_path):
    grey = np.linspace(0, 65535, HEIGHT * WIDTH).astype(np.uint16).reshape(HEIGHT, WIDTH)
    path = saved(tmp_path / "a.png", grey)
    data, level = path.read_bytes(), int(grey[7, 7])
    at = data.index(b"IDAT") - 4
    chunk = b"tRNS" + struct.pack(">H", level)
    path.write_bytes(data[:at] + struct.pack(">I", 2) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[at:])
    expected = luminance_of(np.dstack([grey] * 3))
    expected[7, 7] = 100
    assert_luminance(read_photo(path), expected, 0.01)


def test_numbers_that_are_none_do_not_darken_a_floating_point_tiff(tmp_path):
    grey = colours()[:, :, 0].astype(np.float32)
    expected = luminance_of(np.dstack([np.rint(grey * (65535 / grey.max())).astype(np.uint16)] * 3))
    grey[3, 4], grey[5, 6], grey[7, 8] = np.nan, np.inf, -np.inf
    expected[3, 4], expected[5, 6], expected[7, 8] = 0, 100, 0
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="minisblack")
    assert_luminance(read_photo(tmp_path / "a.tif"), expected, 0.01)


def test_32_bit_numbers_without_a_sign_have_none(tmp_path):
    grey = np.linspace(0, 2**32 - 1, HEIGHT * WIDTH).astype(np.uint32).reshape(HEIGHT, WIDTH)
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="minisblack")
    assert_luminance(read_photo(tmp_path / "a.tif"), luminance_of(np.dstack([(grey >> 16).astype(np.uint16)] * 3)), 0.01)


def test_a_16_bit_pgm_has_a_white_of_its_own(tmp_path):
    grey = np.linspace(0, 32767, HEIGHT * WIDTH).astype(np.uint16).reshape(HEIGHT, WIDTH)
    (tmp_path / "a.pgm").write_bytes(f"P5 {WIDTH} {HEIGHT} 65535\n".encode() + grey.astype(">u2").tobytes())
    photo = read_photo(tmp_path / "a.pgm")
    assert_luminance(photo, luminance_of(np.dstack([grey] * 3)), 0.01)
    assert photo.notes == ()


@pytest.mark.parametrize("white", [65535, 4095])
def test_a_ppm_of_more_than_8_bits_keeps_them(tmp_path, white):
    rgb = np.random.default_rng(0).integers(0, white + 1, (HEIGHT, WIDTH, 3))
    data = f"P6 {WIDTH} {HEIGHT} {white}\n".encode() + rgb.astype(">u2").tobytes()
    (tmp_path / "a.ppm").write_bytes(data)
    photo = read_photo(tmp_path / "a.ppm")
    assert photo.bit_depth == 16
    assert_luminance(photo, luminance_of((rgb * 65535 // white).astype(np.uint16)), 0.01)
    (tmp_path / "b.ppm").write_bytes(data[:-5])
    with pytest.raises(PhotoError, match="b.ppm is damaged or incomplete"):
        read_photo(tmp_path / "b.ppm")


def test_a_preview_at_the_beginning_of_a_tiff_is_not_taken_for_the_picture(tmp_path):
    with tifffile.TiffWriter(tmp_path / "raw.tif") as tiff:
        tiff.write(np.zeros((20, 30), np.uint8), photometric="minisblack", subfiletype=1)
        tiff.write(np.zeros((HEIGHT, WIDTH), np.uint8), photometric="minisblack")
    for read in (read_photo, read_colors):
        with pytest.raises(PhotoError, match="begins with a small preview"):
            read(tmp_path / "raw.tif")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files there")
def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for read in (read_photo, file_digest):
        with pytest.raises(PhotoError, match="is a pipe or a device"):
            read(tmp_path / "pipe.jpg")


def test_a_floating_point_pfm_is_scaled_to_its_brightest_value_and_says_so(tmp_path):
    grey = np.linspace(0, 0.5, HEIGHT * WIDTH).astype("<f4").reshape(HEIGHT, WIDTH)
    (tmp_path / "a.pfm").write_bytes(f"Pf\n{WIDTH} {HEIGHT}\n-1.0\n".encode() + grey[::-1].tobytes())
    photo = read_photo(tmp_path / "a.pfm")
    assert_luminance(photo, luminance_of(np.dstack([np.rint(grey * 2 * 65535).astype(np.uint16)] * 3)), 0.01)
    assert "brightest" in str(photo.notes[0])


def test_transparent_pixels_become_white(tmp_path):
    rgba = np.dstack((colours(), np.full((HEIGHT, WIDTH), 255, np.uint8)))
    rgba[:10, :, 3] = 0
    rgba[10:20, :, 3] = 128
    mixed = colours().astype(float)
    mixed[:10] = 255
    mixed[10:20] = mixed[10:20] * 128 / 255 + 127
    expected = luminance_of(np.rint(mixed).astype(np.uint8))
    assert_luminance(read_photo(saved(tmp_path / "a.png", rgba)), expected, 0.5)


def test_a_palette_with_a_transparent_colour_is_read(tmp_path):
    image = Image.fromarray(np.repeat([[0, 1, 2]], 16, axis=0).repeat(8, axis=1).astype(np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 200, 30, 30, 0, 0, 0])
    path = saved(tmp_path / "a.png", image, transparency=2)
    rgb = np.array([[[10, 20, 30], [200, 30, 30], [255, 255, 255]]], np.uint8).repeat(8, axis=1).repeat(16, axis=0)
    assert_luminance(read_photo(path), luminance_of(rgb))


def test_grey_with_alpha_one_bit_and_cmyk_are_read(tmp_path):
    grey = colours()[:, :, 0]
    with_alpha = Image.fromarray(np.dstack((grey, np.full_like(grey, 255))), mode=None)
    assert with_alpha.mode == "LA"
    expected = luminance_of(np.dstack([grey] * 3))
    assert_luminance(read_photo(saved(tmp_path / "la.png", with_alpha)), expected)

    one_bit = Image.fromarray(np.where(grey > 99, 255, 0).astype(np.uint8)).convert("1")
    photo = read_photo(saved(tmp_path / "1.tif", one_bit))
    assert set(np.unique(photo.lightness)) == {0, 65535}

    for name in ("c.tif", "c.jpg"):
        cmyk = Image.fromarray(colours()).convert("CMYK")
        assert_luminance(read_photo(saved(tmp_path / name, cmyk, quality=100)), luminance_of(colours()), 3)


def test_a_tiff_that_counts_from_white_to_black_is_not_negative(tmp_path):
    for dtype, white in ((np.uint8, 255), (np.uint16, 65535)):
        stored = np.full((20, 20), white, dtype)
        stored[:10] = 0
        tifffile.imwrite(tmp_path / "a.tif", stored, photometric="miniswhite")
        luminance = read_photo(tmp_path / "a.tif").luminance()
        assert luminance[:10].min() > 99.9 and luminance[10:].max() < 0.1


def test_a_floating_point_tiff_is_scaled_to_its_brightest_value_and_says_so(tmp_path):
    values = np.linspace(0, 2, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
    tifffile.imwrite(tmp_path / "a.tif", values)
    photo = read_photo(tmp_path / "a.tif")
    assert photo.luminance().min() == 0 and photo.luminance().max() == 100
    assert any("taken as white" in note for note in photo.notes)


def test_sepia_is_reduced_to_its_luminance(tmp_path):
    grey = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1)
    sepia = np.rint(255 * grey ** np.array([0.8, 1.0, 1.3])).astype(np.uint8)
    assert_luminance(read_photo(saved(tmp_path / "a.png", sepia)), luminance_of(sepia))


def test_only_the_first_page_of_a_tiff_is_read_and_a_note_says_so(tmp_path):
    first, second = Image.fromarray(colours()), Image.new("RGB", (30, 30), "red")
    path = saved(tmp_path / "a.tif", first, save_all=True, append_images=[second, second])
    photo = read_photo(path)
    assert_luminance(photo, luminance_of(colours()))
    assert photo.notes == ("Only the first of 3 pages was read.",)


# Orientation, profiles, metadata

_STORED_AS = {
    1: lambda p: p, 2: np.fliplr, 3: lambda p: np.rot90(p, 2), 4: np.flipud,
    5: lambda p: p.swapaxes(0, 1), 6: lambda p: np.rot90(p, 1),
    7: lambda p: np.rot90(p, 2).swapaxes(0, 1), 8: lambda p: np.rot90(p, -1),
}  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "deep.png", "deep.tif", "deep-lzw.tif", "a.webp"])
def test_the_photo_is_turned_upright(tmp_path, name, orientation):
    path, deep = tmp_path / name, name.startswith("deep")
    stored = np.ascontiguousarray(_STORED_AS[orientation](colours()))
    exif = Image.Exif()
    exif[0x0112] = orientation
    if name == "deep-lzw.tif":
        cv2.imwrite(str(path), stored[:, :, ::-1].astype(np.uint16) * 257, [cv2.IMWRITE_TIFF_COMPRESSION, 5])
        _set_tiff_orientation(path, orientation)
    elif name == "deep.tif":
        extra = [(0x0112, 3, 1, orientation, True)]
        tifffile.imwrite(path, stored.astype(np.uint16) * 257, photometric="rgb", extratags=extra)
    elif name == "deep.png":
        write_png(path, stored.astype(np.uint16) * 257, photo=photo_with(exif=exif.tobytes()))
    else:
        saved(path, stored, exif=exif.tobytes(), lossless=True)
    photo = read_photo(path)
    assert photo.bit_depth == (16 if deep else 8)
    assert_luminance(photo, luminance_of(colours()))
    if photo.exif is not None:
        again = Image.Exif()
        again.load(photo.exif)
        assert again.get(0x0112) == 1


def _set_tiff_orientation(path, orientation):
    """Make the tag that says "contiguous planes", which is the default, the one of the orientation."""
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages[0].tags["PlanarConfiguration"].offset
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0))


def photo_with(**fields):
    return Photo(lightness=np.zeros((16, 16), np.uint16), **fields)


def test_colours_are_converted_from_the_profile_of_the_file(tmp_path):
    profile = wide_gamut_profile()
    plain = read_photo(saved(tmp_path / "a.png", colours())).luminance()
    photo = read_photo(saved(tmp_path / "b.png", colours(), icc_profile=profile))
    assert photo.notes == ()
    converted = ImageCms.profileToProfile(
        Image.fromarray(colours()), ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"), renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )  # fmt: skip
    assert_luminance(photo, luminance_of(np.asarray(converted)))
    assert np.abs(photo.luminance() - plain).max() > 2


def test_16_bit_colours_are_converted_from_the_profile_too(tmp_path):
    profile = wide_gamut_profile()
    shallow = read_photo(saved(tmp_path / "a.png", colours(), icc_profile=profile))
    tifffile.imwrite(tmp_path / "b.tif", colours().astype(np.uint16) * 257, photometric="rgb", iccprofile=profile)
    deep = read_photo(tmp_path / "b.tif")
    assert deep.bit_depth == 16
    assert_luminance(deep, shallow.luminance().astype(float), 0.7)
    assert np.abs(deep.luminance() - shallow.luminance()).mean() < 0.15


def test_a_linear_profile_is_linear_whatever_it_is_called(tmp_path):
    plain, called = (
        read_photo(saved(tmp_path / f"{name}.png", colours(), icc_profile=wide_gamut_profile(gamma=1, name=name)))
        for name in ("Linear RGB", "Linear sRGB")
    )
    assert np.array_equal(plain.lightness, called.lightness)
    curve = wide_gamut_profile(gamma=2.2, name="sRGB")  # greys nearly stay, colours do not
    assert np.abs(read_colors(saved(tmp_path / "c.png", colours(), icc_profile=curve)).astype(int) - colours()).max() > 8
    assert np.abs(called.luminance() - luminance_of(colours())).mean() > 5


def test_grey_of_16_bits_with_alpha_has_its_profile_too(tmp_path):
    grey = np.linspace(0, 255, HEIGHT * WIDTH).astype(np.uint8).reshape(HEIGHT, WIDTH)
    profile = grey_profile(gamma=1)
    plain = read_photo(saved(tmp_path / "a.png", grey, icc_profile=profile))
    assert np.abs(plain.luminance() - luminance_of(np.dstack([grey] * 3))).mean() > 5
    Image.fromarray(grey).save(tmp_path / "b.png", icc_profile=profile)
    # a PNG of grey and alpha, 16 bits each, which neither Pillow nor OpenCV writes
    rows = np.dstack((grey.astype(">u2") * 257, np.full(grey.shape, 65535, ">u2"))).astype(">u2").reshape(HEIGHT, -1)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 4, 0, 0, 0)),
        (b"iCCP", b"grey\0\0" + zlib.compress(profile)),
        (b"IDAT", zlib.compress(lines)),
        (b"IEND", b""),
    ]
    body = b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
    (tmp_path / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    deep = read_photo(tmp_path / "c.png")
    assert deep.notes == () and deep.bit_depth == 16
    assert np.abs(deep.luminance() - plain.luminance()).mean() < 0.15


def test_a_large_profile_and_a_long_text_of_a_png_are_no_damage(tmp_path):
    profile = wide_gamut_profile(padding=3_000_000)
    plain = read_photo(saved(tmp_path / "a.png", colours(), icc_profile=wide_gamut_profile()))
    assert np.array_equal(read_photo(saved(tmp_path / "b.png", colours(), icc_profile=profile)).lightness, plain.lightness)
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type xmp", "x" * 2_000_000, zip=True)
    assert read_photo(saved(tmp_path / "c.png", colours(), pnginfo=text)).notes == ()


@pytest.mark.parametrize("profile", [b"not a profile", wide_gamut_profile()[:200]])
def test_a_broken_profile_is_noted_and_not_fatal(tmp_path, profile):
    photo = read_photo(saved(tmp_path / "a.png", colours(), icc_profile=profile))
    assert_luminance(photo, luminance_of(colours()))
    assert any("profile" in note for note in photo.notes)


def test_an_srgb_profile_changes_nothing(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = read_photo(saved(tmp_path / "a.png", colours(), icc_profile=profile))
    assert_luminance(photo, luminance_of(colours()))
    assert photo.notes == ()


def test_resolution_and_exif_go_from_the_scan_into_the_png(tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x0132] = "Agfa", 6, "1931:05:01 12:00:00"
    exif.get_ifd(0x8769)[0x9003] = "1931:05:01 12:00:00"
    scan = read_photo(saved(tmp_path / "scan.jpg", colours(), exif=exif.tobytes(), dpi=(600, 600)))
    assert (scan.height, scan.width) == (WIDTH, HEIGHT)
    write_png(tmp_path / "out.png", np.zeros((scan.height, scan.width, 3), np.uint8), photo=scan)
    with Image.open(tmp_path / "out.png") as out:
        assert out.info["dpi"] == pytest.approx((600, 600), abs=0.1)
        tags = out.getexif()
        assert (tags[0x010F], tags[0x0112]) == ("Agfa", 1)
        assert tags.get_ifd(0x8769)[0x9003] == "1931:05:01 12:00:00"


@pytest.mark.parametrize("kind", ["tiff8", "tiff16", "tiff16rgb", "jpeg"])
def test_the_resolution_of_a_sideways_scan_is_turned_with_it(tmp_path, kind):
    grey = colours()[:, :, 0]
    if kind == "jpeg":
        exif = Image.Exif()
        exif[0x0112] = 6
        path = saved(tmp_path / "a.jpg", grey, dpi=(300, 150), exif=exif)
    else:
        pixels = {"tiff8": grey, "tiff16": grey.astype(np.uint16) * 257, "tiff16rgb": colours().astype(np.uint16) * 257}[kind]
        path = tmp_path / "a.tif"
        options = {"photometric": "rgb" if pixels.ndim == 3 else "minisblack", "resolution": (300, 150), "resolutionunit": "INCH"}
        tifffile.imwrite(path, pixels, extratags=[(0x0112, 3, 1, 6, True)], metadata=None, **options)
    photo = read_photo(path)
    assert (photo.height, photo.width) == (WIDTH, HEIGHT) and photo.dpi == (150, 300)


@pytest.mark.parametrize("turns", [1, 2, 3, -1])
@pytest.mark.parametrize("kind", ["8", "16"])
def test_a_turned_photograph_is_as_one_whose_pixels_were_turned_in_its_file(tmp_path, kind, turns):
    def scan(name, pixels, dpi):
        tags = [(0x010F, 2, 0, "Agfa", True), (0x0112, 3, 1, 1, True)]
        options = {"photometric": "rgb", "iccprofile": wide_gamut_profile(), "resolution": dpi, "resolutionunit": "INCH", "metadata": None, "extratags": tags}
        with tifffile.TiffWriter(tmp_path / name) as tiff:
            for _ in range(2):
                tiff.write(pixels, **options)
        return read_photo(tmp_path / name)

    pixels = colours() if kind == "8" else deep_colours()
    photo = scan("a.tif", pixels, (300, 150))
    expected = scan("b.tif", np.rot90(pixels, -turns), (300, 150) if turns == 2 else (150, 300))
    turned = photo.turned(turns)
    for field in dataclasses.fields(Photo):
        if field.name not in ("source", "turns"):
            assert np.array_equal(getattr(turned, field.name), getattr(expected, field.name)), field.name
    assert expected.notes and expected.exif
    assert turned.fingerprint == expected.fingerprint != photo.fingerprint
    assert turned.turns == turns % 4 and turned.source == photo.source and turned.lightness.flags.c_contiguous
    assert (turned.turned(-turns).fingerprint, turned.turned(-turns).dpi, turned.turned(-turns).turns) == (photo.fingerprint, photo.dpi, 0)


def test_what_is_written_of_a_turned_photograph_is_upright(tmp_path):
    exif, pixels = Image.Exif(), colours()
    exif[0x010F], exif[0x0112] = "Agfa", 6
    photo = read_photo(saved(tmp_path / "scan.jpg", pixels, exif=exif.tobytes(), dpi=(300, 150))).turned(-1)
    assert (photo.height, photo.width, photo.dpi) == (HEIGHT, WIDTH, (300, 150)), "which is how its pixels are stored"
    for write, name in ((write_png, "a.png"), (write_jpeg, "a.jpg"), (write_tiff, "a.tif")):
        write(tmp_path / name, pixels, photo=photo)
        with Image.open(tmp_path / name) as out:
            assert out.info["dpi"] == pytest.approx((300, 150), abs=0.1) and out.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("quarters", [90, 4, -4, 0.5])
def test_a_photograph_is_turned_by_quarters_not_by_degrees(photo, quarters):
    with pytest.raises(ValueError, match=f"quarter_turns is {quarters}; it must be from -3 to 3"):
        photo.turned(quarters)


def test_a_bigtiff_keeps_its_maker(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", colours(), photometric="rgb", bigtiff=True, metadata=None, extratags=[(0x010F, 2, 0, "Epson", True)])
    exif = Image.Exif()
    exif.load(read_photo(tmp_path / "a.tif").exif)
    assert exif[0x010F] == "Epson"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_texts_of_the_scan_keep_their_bytes(tmp_path, encoding):
    texts = {0x010E: "Großmutter, Köln", 0x013B: "Jürgen Müller", 0x8298: "© Müller"}
    exif = Image.Exif()
    for tag, text in texts.items():
        exif[tag] = text.encode(encoding)
    exif.get_ifd(0x8769)[0xA430] = ExifText("Jürgen".encode(encoding).decode("latin-1"))
    scan = read_photo(saved(tmp_path / "scan.jpg", colours(), exif=exif.tobytes()))
    pixels = np.zeros((scan.height, scan.width, 3), np.uint8)
    write_png(tmp_path / "out.png", pixels, photo=scan)
    write_tiff(tmp_path / "out.tif", pixels, photo=scan)
    with Image.open(tmp_path / "out.png") as out:
        tags = out.getexif()
        assert {tag: tags[tag].encode("latin-1").decode(encoding) for tag in texts} == texts
        assert tags.get_ifd(0x8769)[0xA430].encode("latin-1").decode(encoding) == "Jürgen"
    for tag in (0x013B, 0x8298):
        assert texts[tag].encode(encoding) in (tmp_path / "out.tif").read_bytes()


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_a_malformed_exif_block_does_not_cost_the_photograph(tmp_path, ending):
    path = saved(tmp_path / f"a.{ending}", colours(), exif=b"Exif\0\0garbage, and more of it", dpi=(300, 300), quality=95, lossless=True)
    photo = read_photo(path)
    assert photo.exif is None and photo.notes == ()
    with Image.open(path) as image:
        assert_luminance(photo, luminance_of(np.asarray(image.convert("RGB"))))
        assert np.array_equal(read_colors(path), np.asarray(image.convert("RGB")))


def test_a_later_page_that_is_damaged_does_not_cost_the_first(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for _ in range(2):
            tiff.write(colours(), photometric="rgb")
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        second = tiff.pages[1].offset
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[second : second + 40] = b"\xff" * 40
    (tmp_path / "a.tif").write_bytes(data)
    assert_luminance(read_photo(tmp_path / "a.tif"), luminance_of(colours()))


def test_a_grey_tiff_of_12_bits_goes_from_black_to_white(tmp_path):
    ramp = np.tile(np.linspace(0, 4095, 64).round().astype(np.uint16), (16, 1))
    bits = "".join(f"{value:012b}" for value in ramp.flat)
    packed = int(bits, 2).to_bytes(len(bits) // 8, "big")
    tags = [(256, 3, 64), (257, 3, 16), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 3, 16), (279, 4, len(packed))]
    table = struct.pack("<H", len(tags))
    for tag, kind, value in tags:
        table += struct.pack("<HHI", tag, kind, 1) + (struct.pack("<HH", value, 0) if kind == 3 else struct.pack("<I", value))
    (tmp_path / "a.tif").write_bytes(struct.pack("<2sHI", b"II", 42, 8 + len(packed)) + packed + table + bytes(4))
    expected = color.srgb_to_lab(torch.from_numpy(ramp / 4095.0).expand(3, -1, -1))[0].numpy()
    assert_luminance(read_photo(tmp_path / "a.tif"), expected)


def test_what_was_written_here_is_known_whatever_its_name(tmp_path):
    pixels = np.full((16, 16, 3), 9, np.uint8)
    write_png(tmp_path / "a-2.png", pixels, text={"picgui:seed": "1"})
    write_tiff(tmp_path / "b.tif", pixels, text={"picgui:seed": "1", "picgui:temperature": "1"})
    saved(tmp_path / "c-colorized-1.png", colours())
    tifffile.imwrite(tmp_path / "d.tif", pixels, photometric="rgb", description="a scan")
    (tmp_path / "e.tif").write_bytes(b"II*\0 and nothing")
    (tmp_path / "f.jpg").write_bytes((tmp_path / "a-2.png").read_bytes())
    (tmp_path / "g.png").mkdir()
    assert [path.name for path in sorted(tmp_path.iterdir()) if is_written_here(path)] == ["a-2.png", "b.tif"]


def test_whether_a_damaged_tiff_was_written_here_is_no_question(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", colours(), photometric="rgb")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    for at in range(8, 300):
        damaged = data.copy()
        damaged[at] ^= 5
        (tmp_path / "b.tif").write_bytes(damaged)
        assert not is_written_here(tmp_path / "b.tif")


def test_what_macos_keeps_beside_photographs_is_none(tmp_path):
    saved(tmp_path / "scan.png", colours())
    (tmp_path / "._scan.png").write_bytes(b"finder")
    assert [path.name for path in photos_in(tmp_path)] == ["scan.png"]


def test_a_png_whose_text_cannot_be_read_is_a_sentence(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.png", colours())

    def failing(file):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("picgui.png.chunks_of", failing)
    with pytest.raises(PhotoError, match="a.png could not be opened: Input/output error"):
        read_png_text(path)


def test_the_layout_of_a_tiff_does_not_go_into_the_exif(tmp_path):
    tags = {0x010F: "Agfa"}
    photo = read_photo(saved(tmp_path / "a.tif", colours(), tiffinfo=tags, dpi=(300, 300)))
    exif = Image.Exif()
    exif.load(photo.exif)
    assert set(exif) == {0x010F, 0x0112}
    assert photo.dpi == (300, 300)


def test_of_an_exif_block_that_is_a_tiff_s_whole_directory_only_what_it_says_of_the_picture_goes_along(tmp_path):
    exif = Image.Exif()
    exif[271], exif[256], exif[258], exif[279], exif[700], exif[34675] = "Agfa", 9, (16, 16, 16), 7, b"<x/>", b"profile"
    exif.get_ifd(ExifTags.IFD.Exif).update({0x9214: (5, 5), 0xA214: (5, 5), 0x9003: "2001:01:01 00:00:00"})
    kept = Image.Exif()
    kept.load(read_photo(saved(tmp_path / "a.jpg", colours(), exif=exif)).exif)
    assert set(kept) == {271, 274, 34665} and set(kept.get_ifd(ExifTags.IFD.Exif)) == {0x9003}, "places lie elsewhere once it was turned"


_WRITERS = {"a.png": write_png, "a.tif": write_tiff, "a.jpg": write_jpeg}
_ORIGIN = b'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"'


def packet(properties, attributes="", *, before=""):
    """An XMP packet as Adobe's programs write it."""
    spaces = {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "dc": "http://purl.org/dc/elements/1.1/", "tiff": "http://ns.adobe.com/tiff/1.0/",
        "exif": "http://ns.adobe.com/exif/1.0/", "photoshop": "http://ns.adobe.com/photoshop/1.0/", "xmp": "http://ns.adobe.com/xap/1.0/",
        "xmpMM": "http://ns.adobe.com/xap/1.0/mm/", "crs": "http://ns.adobe.com/camera-raw-settings/1.0/", "museum": "http://museum.example/",
        "regions": "http://www.metadataworkinggroup.com/schemas/regions/", "ext": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    }  # fmt: skip
    declared = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items())
    description = f'<rdf:Description rdf:about=""{declared}{attributes}>{properties}</rdf:Description>'
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{spaces["rdf"]}">{description}</rdf:RDF></x:xmpmeta>'
    return f'{before}<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{packet}\n{" " * 200}<?xpacket end="w"?>'.encode()


def with_packet(path, data, **options):
    """A picture with this packet."""
    if path.suffix == ".png":
        info = PngImagePlugin.PngInfo()
        info.add(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + data)
        return saved(path, colours(), pnginfo=info, **options)
    if path.suffix == ".tif":
        tifffile.imwrite(path, colours(), photometric="rgb", metadata=None, extratags=[(700, 1, len(data), data, True)])
        return path
    return saved(path, colours(), xmp=data, **options)


def packet_in(path):
    with Image.open(path) as picture:
        return picture.info["xmp"]


@pytest.mark.parametrize("name", ["scan.jpg", "scan.png", "scan.tif", "scan.webp"])
@pytest.mark.parametrize("written", _WRITERS)
def test_what_people_wrote_in_a_catalogue_goes_along_and_nothing_of_the_file(tmp_path, name, written):
    people = (
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Großmutter &lt;3 &amp; Ada</rdf:li></rdf:Alt></dc:description>'
        "<dc:subject><rdf:Bag><rdf:li>Köln</rdf:li></rdf:Bag></dc:subject><museum:number>7</museum:number><exif:GPSLatitude>50,56N</exif:GPSLatitude>"
    )
    of_the_file = (
        "<tiff:ImageWidth>9</tiff:ImageWidth><tiff:BitsPerSample><rdf:Seq><rdf:li>16</rdf:li></rdf:Seq></tiff:BitsPerSample><exif:ColorSpace>65535</exif:ColorSpace>"
        "<dc:format>image/x</dc:format><xmpMM:DocumentID>uuid:1</xmpMM:DocumentID><crs:ConvertToGrayscale>True</crs:ConvertToGrayscale>"
        '<museum:file rdf:parseType="Resource"><tiff:Orientation>6</tiff:Orientation></museum:file>'
        "<ext:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm</ext:DigitalSourceType>"
    )
    attributes = ' xmp:Rating="5" photoshop:Instructions="one&#xA;two" xmp:CreatorTool="EPSON Scan" photoshop:ICCProfile="Adobe RGB" crs:Exposure2012="+1"'
    scan = read_photo(with_packet(tmp_path / name, packet(of_the_file + people, attributes)))
    _WRITERS[written](tmp_path / written, np.zeros((scan.height, scan.width, 3), np.uint8), photo=scan)
    kept = packet_in(tmp_path / written)
    spaces = {key: value for _, (key, value) in ElementTree.iterparse(io.BytesIO(kept), ["start-ns"])}
    (description,) = ElementTree.fromstring(kept).iterfind("rdf:RDF/rdf:Description", spaces)
    assert [("".join(element.itertext()), element.tag.partition("}")[2]) for element in description] == [
        ("Großmutter <3 & Ada", "description"), ("Köln", "subject"), ("7", "number"), ("50,56N", "GPSLatitude")
    ]  # fmt: skip
    assert {key.partition("}")[2]: value for key, value in description.items()} == {
        "about": "", "Rating": "5", "Instructions": "one\ntwo", "DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
    }  # fmt: skip
    assert kept.startswith(b'<?xpacket begin="\xef\xbb\xbf" id=') and b"<dc:subject><rdf:Bag>" in kept, "as programs write it"
    again = read_photo(tmp_path / written)
    assert again.xmp == kept and again.notes == () and (again.height, again.width) == (scan.height, scan.width)


@pytest.mark.parametrize("written", _WRITERS)
def test_what_a_caption_says_turns_no_picture(tmp_path, written):
    scan = read_photo(with_packet(tmp_path / "scan.png", packet('<dc:description>tiff:Orientation="6"</dc:description>')))
    _WRITERS[written](tmp_path / written, np.zeros((20, 30, 3), np.uint8), photo=scan)
    assert (read_photo(tmp_path / written).height, read_photo(tmp_path / written).width) == (20, 30)


def test_a_packet_behind_the_pixels_of_a_png_is_found_where_it_has_exif_too(tmp_path):
    exif = Image.Exif()
    exif[271] = "Agfa"
    path = saved(tmp_path / "a.png", colours(), exif=exif)
    data = b"iTXtXML:com.adobe.xmp" + bytes(5) + packet("<dc:subject>Ada</dc:subject>")
    chunk = (len(data) - 4).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")
    path.write_bytes(path.read_bytes()[:-12] + chunk + path.read_bytes()[-12:])
    assert b"<dc:subject>Ada" in read_photo(path).xmp


def test_namespaces_whose_prefixes_are_invented_stay_apart(tmp_path):
    attributes = ' xmlns:ns12="urn:a" ns12:t="1" xmlns:x="urn:c" x:t="3"'
    kept = ElementTree.fromstring(read_photo(with_packet(tmp_path / "a.png", packet('<u xmlns="urn:b">2</u>', attributes))).xmp)
    (description,) = kept.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert description.get("{urn:a}t") == "1" and description.get("{urn:c}t") == "3" and description[0].tag == "{urn:b}u"


@pytest.mark.parametrize("turned", [False, True])
def test_the_places_of_faces_are_kept_where_they_are_right(tmp_path, turned):
    faces = '<dc:subject>Ada</dc:subject><regions:Regions rdf:parseType="Resource"><regions:Name>Ada</regions:Name></regions:Regions>'
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6 if turned else 1
    photo = read_photo(with_packet(tmp_path / "a.jpg", packet(faces), exif=exif))
    assert b"<dc:subject>Ada" in photo.xmp and (b"regions:Regions" in photo.xmp) is not turned
    assert b"<dc:subject>Ada" in photo.turned(1).xmp and b"regions:Regions" not in photo.turned(1).xmp and photo.turned(0).xmp == photo.xmp


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no XML",
        b"<x/>",
        packet("<dc:subject>"),
        packet("<dc:subject>Ada</dc:subject>").decode().encode("utf-16"),
        packet("<dc:subject>Ada</dc:subject>").replace(b"Ada", b"\xe9"),
        packet("<dc:subject>&a;</dc:subject>", before='<!DOCTYPE x [<!ENTITY a "Ada">]>'),
        packet("<dc:subject>" * 30_000 + "</dc:subject>" * 30_000),
        packet("<dc:subject>Ada</dc:subject>" + " " * (1 << 20)),
        packet("<unknown:subject>Ada</unknown:subject>"),
        packet("<dc:subject>Ada</dc:subject>", f' xmlns:long="{"x" * 400_000}"'),  # the parser would write it out for each name
    ],
)
def test_a_packet_that_is_malformed_or_too_large_costs_nothing_but_itself(tmp_path, data):
    photo = read_photo(with_packet(tmp_path / "a.png", data))
    assert photo.xmp == ESTIMATED and photo.notes == ()
    assert_luminance(photo, luminance_of(colours()))


def test_a_prefix_that_means_two_things_is_told_apart(tmp_path):
    twice = '<p:one xmlns:p="http://one.example/">1</p:one><p:two xmlns:p="http://two.example/">2</p:two><q:one xmlns:q="http://one.example/" q:a="3"/>'
    kept = ElementTree.fromstring(read_photo(with_packet(tmp_path / "a.png", packet(twice))).xmp)
    assert {(element.tag, element.text) for element in kept[0][0]} == {("{http://one.example/}one", "1"), ("{http://two.example/}two", "2")}


@pytest.mark.parametrize("name", _WRITERS)
def test_every_picture_of_a_photograph_says_in_its_packet_that_its_colours_are_a_models(tmp_path, name):
    pixels = np.zeros((20, 20, 3), np.uint8)
    _WRITERS[name](tmp_path / name, pixels, photo=photo_with())
    assert packet_in(tmp_path / name) == ESTIMATED and _ORIGIN in ESTIMATED
    _WRITERS[name](tmp_path / name, pixels)
    with Image.open(tmp_path / name) as picture:
        assert "xmp" not in picture.info, "it may be anything"


@pytest.mark.parametrize(("longer", "is_kept"), [(0, True), (1, False)])
def test_a_packet_that_a_jpeg_cannot_hold_is_left_out_of_it(tmp_path, longer, is_kept):
    short = read_photo(with_packet(tmp_path / "a.png", packet("<dc:subject>x</dc:subject>"))).xmp
    photo = read_photo(with_packet(tmp_path / "a.png", packet(f"<dc:subject>{'x' * (65_505 - len(short) + longer)}</dc:subject>")))
    write_jpeg(tmp_path / "a.jpg", np.zeros((20, 20, 3), np.uint8), photo=photo)
    assert packet_in(tmp_path / "a.jpg") == (photo.xmp if is_kept else ESTIMATED)


# What cannot be read


def assert_refused(path, *words):
    with pytest.raises(PhotoError) as caught:
        read_photo(path)
    sentence = str(caught.value)
    assert sentence.endswith(".") and "Traceback" not in sentence
    for word in words:
        assert word in sentence
    return sentence


def test_a_missing_file_a_folder_an_empty_file_and_a_text_are_each_named(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("this is no picture" * 100)
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + bytes(99))
    (tmp_path / "phone.jpg").write_bytes(b"\0\0\0\x24ftypmif1\0\0\0\0mif1heic" + bytes(99))
    (tmp_path / "cut.avif").write_bytes(b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf" + bytes(9))
    assert_refused(tmp_path / "cut.avif", "not a picture")
    sentences = {
        assert_refused(tmp_path / "gone.jpg", "no file"),
        assert_refused(tmp_path, "folder"),
        assert_refused(tmp_path / "empty.jpg", "empty"),
        assert_refused(tmp_path / "text.jpg", "not a picture"),
        assert_refused(tmp_path / "phone.heic", "HEIC", "JPEG"),
        assert_refused(tmp_path / "phone.jpg", "HEIC", "JPEG"),
    }
    assert len(sentences) == 6
    tifffile.imwrite(tmp_path / "scan.tif", np.zeros((64, 64, 2), np.uint16), photometric="minisblack", extrasamples=["unassalpha"])
    assert_refused(tmp_path / "scan.tif", "a TIFF of a kind", "without transparency")


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp", "a.webp", "deep.png", "deep.tif"])
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
def test_a_truncated_file_is_refused(tmp_path, name, kept):
    path = tmp_path / name
    noise = np.random.default_rng(0).integers(0, 255, (100, 120, 3)).astype(np.uint8)
    if name == "deep.png":
        write_png(path, noise.astype(np.uint16) * 257)
    elif name == "deep.tif":
        tifffile.imwrite(path, noise.astype(np.uint16) * 257, photometric="rgb", compression="zlib")
    else:
        saved(path, noise)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    assert_refused(path, name)


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.95])
@pytest.mark.parametrize("kind", [{}, {"bigtiff": True}, {"byteorder": ">"}])
def test_a_tiff_whose_directory_is_missing_is_said_to_be_incomplete(tmp_path, kind, kept):
    noise, path = np.random.default_rng(0).integers(0, 255, (100, 120, 3)).astype(np.uint8), tmp_path / "a.tif"
    tifffile.imwrite(path, noise, compression="zlib", **kind)
    image = tifffile.TiffFile(path).pages[0]
    data, wide = bytearray(path.read_bytes()), "bigtiff" in kind
    order = "big" if "byteorder" in kind else "little"
    data[8 if wide else 4 : 16 if wide else 8] = (len(data) + image.offset).to_bytes(8 if wide else 4, order)  # as those write it who have the pixels first
    path.write_bytes((data + data)[: int(len(data) * kept)])
    assert_refused(path, "a.tif is incomplete: its end is missing. Try another copy of it.")


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_damage_inside_a_png_is_refused(tmp_path, deep, channels):
    noise = np.random.default_rng(0).integers(0, 65535, (100, 120, channels)).astype(np.uint16)
    assert cv2.imwrite(str(tmp_path / "a.png"), noise if deep else (noise >> 8).astype(np.uint8))
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    (tmp_path / "a.png").write_bytes(data)
    assert_refused(tmp_path / "a.png", "a.png is damaged or incomplete and could not be read. Try another copy of it.")


@pytest.mark.parametrize("kind", ["colour", "progressive", "grey", "sideways"])
def test_a_jpeg_whose_end_is_missing_is_read_as_far_as_it_goes(tmp_path, kind):
    noise = np.random.default_rng(0).integers(0, 255, (480, 120, 3)).astype(np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6 if kind == "sideways" else 1
    path = saved(tmp_path / "a.jpg", noise[..., 0] if kind == "grey" else noise, progressive=kind == "progressive", exif=exif)
    whole, colors, data = read_photo(path), read_colors(path), path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    photo = read_photo(path)
    assert photo.notes == ("The end of the file is missing; what is missing is grey.",) and whole.notes == ()
    assert photo.lightness.shape == whole.lightness.shape and read_colors(path).shape == colors.shape
    there, expected, seen = photo.lightness, whole.lightness, read_colors(path)
    if kind == "sideways":
        there, expected, seen = np.rot90(there), np.rot90(expected), np.rot90(seen)
    if kind != "progressive":
        assert np.array_equal(there[:200], expected[:200]) and np.ptp(there[280:]) == 0
        assert (seen[280:] == 128).all() and there[-1, 0] == lightness.lightness_of(np.uint8([[128]]))[0, 0]
    with pytest.raises(PhotoError, match="^a.jpg is incomplete: its end is missing. Try another copy of it.$"):
        read_colors(path, whole=True)
    path.write_bytes(data[: data.index(b"\xff\xda") + 30])  # hardly anything but headers
    assert_refused(path, "a.jpg is incomplete: its end is missing. Try another copy of it.")


def test_why_a_decoder_fails_is_no_part_of_the_sentence(tmp_path):
    path = saved(tmp_path / "a.webp", colours())
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(PhotoError) as caught:
        read_photo(path)
    assert str(caught.value) == "a.webp is damaged or incomplete and could not be read. Try another copy of it." and caught.value.__cause__


def test_damage_inside_a_16_bit_png_is_refused(tmp_path):
    write_png(tmp_path / "a.png", np.random.default_rng(0).integers(0, 65535, (100, 100, 3)).astype(np.uint16))
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[2000:3000] = bytes(1000)
    (tmp_path / "a.png").write_bytes(data)
    assert_refused(tmp_path / "a.png", "a.png")


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.png", colours())

    def denied(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    assert_refused(path, "permission")


def test_a_picture_of_15_pixels_is_too_small_and_one_of_16_is_read(tmp_path):
    assert_refused(saved(tmp_path / "a.png", colours(15, 40)), "too small", "40 x 15")
    assert read_photo(saved(tmp_path / "b.png", colours(16, 16))).lightness.shape == (16, 16)


@pytest.mark.parametrize("width,height", [(20_000, 8_000), (100_000, 100_000)])
def test_a_picture_beyond_150_megapixels_is_refused_before_it_is_decoded(tmp_path, width, height):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b""))
    assert_refused(path, "too large", "150 megapixels")


def test_a_picture_between_pillows_warning_and_our_limit_is_not_refused_for_its_size(tmp_path, monkeypatch, recwarn):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", HEIGHT * WIDTH * 2 // 3)
    assert read_photo(saved(tmp_path / "a.png", colours())).height == HEIGHT
    assert not [warning for warning in recwarn if issubclass(warning.category, Image.DecompressionBombWarning)]


def test_only_uint8_and_uint16_pictures_become_photos():
    for array in (np.zeros((20, 20), np.float32), np.zeros((20, 20, 4), np.uint8), np.zeros(20, np.uint8)):
        with pytest.raises(PhotoError):
            photo_from_rgb(array)


# Photo


def test_strips_of_a_large_picture_join_without_a_seam(monkeypatch):
    whole = photo_from_rgb(colours(200, 100)).lightness
    monkeypatch.setattr("picgui.lightness._STRIP_PIXELS", 700)
    np.testing.assert_array_equal(photo_from_rgb(colours(200, 100)).lightness, whole)


def test_resizing_keeps_the_aspect_and_the_mean_and_never_enlarges():
    photo = photo_from_rgb(colours(300, 200))
    small = photo.resized(60)
    assert (small.height, small.width) == (60, 40)
    assert small.luminance().mean() == pytest.approx(photo.luminance().mean(), abs=0.1)
    assert photo.resized(1000) is photo


def test_luminance_of_some_rows_is_that_part_of_the_whole():
    photo = photo_from_rgb(colours())
    np.testing.assert_array_equal(photo.luminance(slice(7, 12)), photo.luminance()[7:12])
    assert photo.luminance().dtype == np.float32


# Writing


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (70, 90)])
def test_a_written_png_is_read_back_exactly(tmp_path, dtype, shape):
    image = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (*shape, 3)).astype(dtype)
    write_png(tmp_path / "a.png", image[::-1])  # not contiguous
    read = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    assert read.dtype == dtype
    np.testing.assert_array_equal(read[:, :, ::-1], image[::-1])
    with Image.open(tmp_path / "a.png") as checked:
        checked.verify()


def test_texts_in_any_script_are_read_back_by_us_and_by_pillow(tmp_path):
    texts = {"Software": "picgui 1", "picgui:seed": "7", "picgui:source": "Großmutter 写真 🖼.jpg", "Comment": "two\nlines é"}
    write_png(tmp_path / "a.png", np.zeros((4, 4, 3), np.uint8), text=texts)
    assert read_png_text(tmp_path / "a.png") == texts
    with Image.open(tmp_path / "a.png") as image:
        assert {key: str(value) for key, value in image.text.items()} == texts


def test_packed_texts_of_other_programs_are_read(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("a", "x" * 1000, zip=True)
    info.add_itxt("b", "é写" * 100, zip=True)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", pnginfo=info)
    assert read_png_text(tmp_path / "a.png") == {"a": "x" * 1000, "b": "é写" * 100}


def test_a_malformed_text_is_no_text(tmp_path):
    path = saved(tmp_path / "a.png", colours())
    data = path.read_bytes()
    at = data.index(b"IDAT") - 4
    chunk = b"iTXtComment\0"
    path.write_bytes(data[:at] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[at:])
    assert read_png_text(path) == {}


def test_texts_of_what_is_no_png_are_refused(tmp_path):
    with pytest.raises(PhotoError, match="not a PNG"):
        read_png_text(saved(tmp_path / "a.jpg", colours()))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_written_tiff_is_read_back_exactly_with_its_resolution_and_maker(tmp_path, dtype):
    exif = Image.Exif()
    exif[0x010F] = "Agfa"
    image = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (30, 50, 3)).astype(dtype)
    photo = photo_with(dpi=(300.0, 300.0), exif=exif.tobytes())
    write_tiff(tmp_path / "a.tif", image, text={"Software": "picgui 1", "Comment": "Großmutter"}, photo=photo)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        page = tiff.pages[0]
        np.testing.assert_array_equal(page.asarray(), image)
        assert page.tags["XResolution"].value == (300, 1)
        assert page.tags["Make"].value == "Agfa"
        assert page.tags["Software"].value == "picgui 1"
        assert "Großmutter" in page.description
    assert read_photo(tmp_path / "a.tif").notes == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_written_jpeg_has_eight_bits_whole_chroma_and_what_goes_with_the_scan(tmp_path, dtype):
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.ImageDescription] = "Agfa", "Aunt Ada"
    small = np.random.default_rng(0).integers(60, 200, (6, 10, 3), dtype=np.uint8)
    image = cv2.resize(small, (100, 60))
    deep = image if dtype == np.uint8 else image.astype(np.uint16) * 257 + 100
    text = {"Software": "picgui 1", "Comment": "Großmutter", "picgui:seed": "7", "picgui:sample": '{"rows": 2, "chroma": {"shape": [2, 3, 4], "values": "abc"}}'}
    block, without_colors = exif.tobytes().removeprefix(b"Exif\0\0"), '{"rows": 2, "chroma": {"shape": [2, 3, 4]}}'
    write_jpeg(tmp_path / "a.jpg", deep, text=text, photo=photo_with(dpi=(300.0, 300.0), exif=block if dtype == np.uint8 else b"Exif\0\0" + block))
    with Image.open(tmp_path / "a.jpg") as picture:
        assert np.abs(np.asarray(picture).astype(int) - image).max() < 12 and picture.info["dpi"] == (300, 300)
        assert picture.layer[0][1:3] == picture.layer[1][1:3], "no chroma is left out"
        assert picture.getexif()[ExifTags.Base.Make] == "Agfa" and picture.info["icc_profile"]
        assert picture.info["comment"].decode() == f"Aunt Ada\nComment: Großmutter\npicgui:seed: 7\npicgui:sample: {without_colors}"
    assert is_written_here(tmp_path / "a.jpg") and not is_written_here(saved(tmp_path / "b.jpg", colours()))
    assert not list(tmp_path.glob(".picgui*"))


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("Großmutter".encode(), "Großmutter"),
        ("Großmutter".encode("latin-1"), "Großmutter"),
        (" Voilà\n".encode(), "Voilà"),
        (b"Aunt\0\0\0", "Aunt"),
        (b"\0\0", ""),
        (b'{"shape": [60, 90]}', ""),
        (b"shape=(60, 90)", ""),
        (b"ImageJ=1.11a\nimages=3\nslices=3", ""),
        (b'<?xml version="1.0"?><OME/>', ""),
        (b"<OME/>", ""),
        (b"<3 Grandma", "<3 Grandma"),
        (b"Comment: before\npicgui:seed: 9", ""),
        (b"Comment: hers\nComment: before\npicgui:seed: 9\npicgui:source: a.png\nadded since", "Comment: hers\nadded since"),
        (b"x" * 70_000, "x" * 2000),
    ],
)
@pytest.mark.parametrize("write", [write_tiff, write_jpeg])
def test_a_caption_is_what_people_read_and_hides_no_settings(tmp_path, write, stored, said):
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = ExifText(stored.decode("latin-1"))
    scan = read_photo(saved(tmp_path / "scan.png", colours(), exif=exif))
    path = tmp_path / ("a.tif" if write is write_tiff else "a.jpg")
    write(path, np.zeros((20, 20, 3), np.uint8), text={"picgui:seed": "7"}, photo=scan)
    expected = f"{said}\npicgui:seed: 7".lstrip()
    if write is write_tiff:
        with tifffile.TiffFile(path) as tiff:
            assert tiff.pages[0].description == expected
            assert tiff.series[0].shape == (20, 20, 3)
    else:
        with Image.open(path) as picture:
            assert picture.info["comment"].decode() == expected
    assert is_written_here(path)


@pytest.mark.parametrize("write", [write_png, write_tiff, write_jpeg])
def test_a_result_that_is_coloured_again_keeps_its_caption_and_no_old_settings(tmp_path, write):
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "Großmutter 1931".encode()
    scan = read_photo(saved(tmp_path / "scan.jpg", colours(), exif=exif))
    text = {"Software": "picgui 1", "Comment": "Colours are estimated by a model.", "picgui:seed": "1", "picgui:source": "scan.jpg"}
    write_tiff(tmp_path / "first.tif", colours(), text=text, photo=scan)
    path = tmp_path / {write_png: "a.png", write_tiff: "a.tif", write_jpeg: "a.jpg"}[write]
    write(path, colours(), text=text | {"picgui:seed": "2"}, photo=read_photo(tmp_path / "first.tif"))
    with Image.open(path) as picture:
        described = picture.getexif()[ExifTags.Base.ImageDescription].encode("latin-1").decode()
    settings = "\nComment: Colours are estimated by a model.\npicgui:seed: 2\npicgui:source: scan.jpg" if write is write_tiff else ""
    assert described == "Großmutter 1931" + settings


@pytest.mark.parametrize("name", _WRITERS)
def test_the_software_is_what_wrote_the_picture_and_not_what_scanned_it(tmp_path, name):
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Software] = "Epson", "EPSON Scan"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "1931:05:01 12:00:00"
    scan = read_photo(saved(tmp_path / "scan.jpg", colours(), exif=exif))
    for photo in (scan, photo_with()):
        _WRITERS[name](tmp_path / name, np.zeros((20, 20, 3), np.uint8), text={"Software": "picgui 1"}, photo=photo)
        with Image.open(tmp_path / name) as picture:
            tags = picture.getexif()
            said = tags.get(ExifTags.Base.Software, picture.info.get("Software"))
            assert said == "picgui 1" and tags.get(ExifTags.Base.Make) == ("Epson" if photo is scan else None)
            if photo is scan and name != "a.tif":
                assert tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] == "1931:05:01 12:00:00"


@pytest.mark.parametrize(("dpi", "in_header"), [((300.0, 150.0), (300, 150)), ((299.6, 1.3), (300, 1)), ((70_000.0, 1.3), None)])
def test_the_resolution_of_a_jpeg_is_exact_and_in_its_header_where_it_fits(tmp_path, dpi, in_header):
    write_jpeg(tmp_path / "a.jpg", np.zeros((20, 20, 3), np.uint8), photo=photo_with(dpi=dpi))
    with Image.open(tmp_path / "a.jpg") as picture:
        tags = picture.getexif()
        assert (tags[ExifTags.Base.XResolution], tags[ExifTags.Base.YResolution], tags[ExifTags.Base.ResolutionUnit]) == (*dpi, 2)
        assert picture.info["jfif_density"] == (in_header or (1, 1)) and picture.info["jfif_unit"] == (0 if in_header is None else 1)


def test_an_exif_block_that_a_jpeg_cannot_hold_is_left_out_of_it(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Artist] = "Epson", "x" * 66_000
    text, photo = {"Software": "picgui 1"}, photo_with(exif=exif.tobytes(), dpi=(300.0, 300.0))
    write_jpeg(tmp_path / "a.jpg", np.zeros((20, 20, 3), np.uint8), text=text, photo=photo)
    with Image.open(tmp_path / "a.jpg") as picture:
        tags = picture.getexif()
        assert tags[ExifTags.Base.Software] == "picgui 1" and ExifTags.Base.Make not in tags and tags[ExifTags.Base.XResolution] == 300


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_jpeg_that_the_disk_has_no_room_for_to_its_last_byte_replaces_nothing(tmp_path):
    resource = pytest.importorskip("resource")
    image = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    write_jpeg(tmp_path / "a.jpg", image)
    before = (tmp_path / "a.jpg").read_bytes()
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) - 10, limits[1]))
        with pytest.raises(ExportError):
            write_jpeg(tmp_path / "a.jpg", image)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert (tmp_path / "a.jpg").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_a_picture_too_long_for_a_jpeg_is_told(tmp_path):
    with pytest.raises(ExportError, match="65500"):
        write_jpeg(tmp_path / "a.jpg", np.zeros((1, 65_501, 3), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_tiff_keeps_the_caption_of_the_scan_and_says_only_what_people_read(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "Aunt Ada, 1931"
    text = {"Comment": "Colours are estimated by a model.", "picgui:seed": "7", "picgui:sample": "{}"}
    write_tiff(tmp_path / "a.tif", np.zeros((20, 20, 3), np.uint8), text=text, photo=photo_with(dpi=None, exif=exif.tobytes()))
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        assert tiff.pages[0].description == "Aunt Ada, 1931\nComment: Colours are estimated by a model.\npicgui:seed: 7\npicgui:sample: {}"
    assert is_written_here(tmp_path / "a.tif")


@pytest.mark.parametrize("write", [write_png, write_tiff, write_jpeg])
def test_a_failed_export_says_why_and_leaves_nothing_behind(tmp_path, monkeypatch, write):
    image = np.zeros((20, 20, 3), np.uint8)
    with pytest.raises(ExportError, match="no folder"):
        write(tmp_path / "gone" / "a.png", image)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        write(tmp_path / "folder", image)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="no folder"):
        write(tmp_path / "file" / "a.png", image)
    with pytest.raises(ExportError, match="pictures of uint8"):
        write(tmp_path / "a.png", image.astype(np.float32))
    (tmp_path / "a.png").write_bytes(b"before")
    for number, words in ((errno.ENOSPC, "disk is full"), (errno.EACCES, "may not write"), (errno.EIO, "not written")):

        def fails(*_, number=number):
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fails)
            with pytest.raises(ExportError, match=words) as caught:
                write(tmp_path / "a.png", image)
        assert str(caught.value).endswith(".")
    assert (tmp_path / "a.png").read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "file", "folder"]
    write(tmp_path / "a.png", image)
    assert (tmp_path / "a.png").read_bytes() != b"before"


def test_a_stopped_export_leaves_nothing_behind(tmp_path, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("picgui.png.packed_rows", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_png(tmp_path / "a.png", np.zeros((20, 20, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "deep.png", "deep.tif"])
def test_colours_are_read_upright_and_reduced(tmp_path, name):
    path = tmp_path / name
    pixels = np.zeros((60, 120, 3), np.uint8)
    pixels[:, :60], pixels[:, 60:] = (220, 30, 30), (30, 30, 220)
    if name.startswith("deep"):
        cv2.imwrite(str(path), pixels[..., ::-1].astype(np.uint16) * 257)
    else:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned to the right
        Image.fromarray(pixels).save(path, exif=exif, **({"quality": 95, "subsampling": 0} if name.endswith("jpg") else {}))
    colours = read_colors(path, long_side=40).astype(int)
    if name.startswith("deep"):
        assert colours.shape == (20, 40, 3)
    else:
        assert colours.shape == (40, 20, 3)
        colours = colours.transpose(1, 0, 2)
    assert np.abs(colours[:, :18] - (220, 30, 30)).max() < 12 and np.abs(colours[:, 22:] - (30, 30, 220)).max() < 12


def test_what_may_not_be_replaced_hinders_no_other_file(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"of a colleague")
    monkeypatch.setattr(os, "replace", lambda *of: (_ for _ in ()).throw(PermissionError(errno.EPERM, "Operation not permitted", of[0], None, of[1])))
    with pytest.raises(ExportError, match="belong to somebody else") as told:
        write_png(tmp_path / "a.png", np.zeros((20, 20, 3), np.uint8))
    assert not isinstance(told.value, DestinationError) and list(tmp_path.iterdir()) == [tmp_path / "a.png"]


@pytest.mark.skipif(os.name == "nt", reason="permissions and links of POSIX")
def test_a_replaced_file_keeps_its_link_and_who_may_read_it(tmp_path):
    (tmp_path / "kept").mkdir()
    target = tmp_path / "kept" / "a.png"
    target.write_bytes(b"before")
    target.chmod(0o600)
    (tmp_path / "link.png").symlink_to(target)
    write_png(tmp_path / "link.png", np.zeros((20, 20, 3), np.uint8))
    assert (tmp_path / "link.png").is_symlink() and target.stat().st_mode & 0o777 == 0o600
    assert cv2.imread(str(target)).shape == (20, 20, 3) and list((tmp_path / "kept").iterdir()) == [target]


def test_a_path_that_windows_calls_missing_though_its_folder_is_there_is_too_long(tmp_path):
    told = files._why_not_written(tmp_path / "there.png", FileNotFoundError(2, "The system cannot find the path specified"))
    assert "too long" in str(told) and not isinstance(told, DestinationError), "the next one may have a shorter name"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_into_a_folder_that_is_gone_is_told_by_that_folder_and_hinders_no_other_file(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "gone" / "a.png")
    with pytest.raises(ExportError, match="There is no folder .*gone") as told:
        write_png(tmp_path / "a.png", np.zeros((20, 20, 3), np.uint8))
    assert not isinstance(told.value, DestinationError) and (tmp_path / "a.png").is_symlink()


def lightness_by_definition(light):
    """L* of linear light in [0, 1], float64 (CIE 15:2004)."""
    return np.where(light > 216 / 24389, 116 * np.cbrt(light) - 16, light * 24389 / 27)


@pytest.mark.parametrize("curve", ["gamma 2.2", "gamma 1", "table", "parametric"])
def test_every_level_of_16_bit_grey_is_told_apart_through_its_profile(tmp_path, curve):
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    x = np.arange(65536) / 65535
    if curve.startswith("gamma"):
        gamma = float(curve.split()[1])
        profile, light = grey_profile(gamma=gamma), x ** (round(gamma * 256) / 256)
    elif curve == "table":
        table = np.rint(65535 * np.linspace(0, 1, 1024) ** 1.8).astype(">u2")
        profile = grey_profile(curve=b"curv\0\0\0\0" + struct.pack(">I", 1024) + table.tobytes())
        light = np.interp(x, np.linspace(0, 1, 1024), table.astype(float) / 65535)
    else:  # sRGB's own: g, a, b, c, d
        values = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        profile = grey_profile(curve=b"para\0\0\0\0" + struct.pack(">HH5i", 3, 0, *(round(65536 * v) for v in values)))
        light = np.where(x >= 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)
    tifffile.imwrite(tmp_path / "a.tif", levels, photometric="minisblack", iccprofile=profile)
    photo = read_photo(tmp_path / "a.tif")
    assert photo.notes == () and photo.bit_depth == 16
    np.testing.assert_allclose(photo.luminance().ravel(), lightness_by_definition(light), atol=0.02)
    # as Little CMS has it of 8 bits, which in the dark of linear light it does not count finely
    shallow = read_photo(saved(tmp_path / "b.png", np.arange(256, dtype=np.uint8).reshape(16, 16), icc_profile=profile))
    np.testing.assert_allclose(photo.luminance().ravel()[257 * 12 :: 257], shallow.luminance().ravel()[12:], atol=0.6)


@pytest.mark.parametrize("kind", ["curv", "para", "data", "cut"])
def test_a_tone_curve_that_is_damaged_is_not_followed(kind):
    curve = {"curv": b"curv\0\0\0\0\xff\xff\xff\xff", "para": b"para\0\0\0\0\0\x09\0\0", "data": b"data\0\0\0\0", "cut": b"cu"}[kind]
    assert lightness._grey_light(grey_profile(curve=curve)) is None and lightness._grey_light(b"") is None


def test_16_bit_colours_of_a_linear_profile_are_right_in_the_dark(tmp_path):
    x = np.linspace(0, 0.2, 4096)
    ramp = np.rint(65535 * x).astype(np.uint16).reshape(64, 64)
    tifffile.imwrite(tmp_path / "a.tif", np.dstack([ramp] * 3), photometric="rgb", iccprofile=wide_gamut_profile(gamma=1))
    np.testing.assert_allclose(read_photo(tmp_path / "a.tif").luminance().ravel(), lightness_by_definition(x), atol=0.6)


def test_32_bit_grey_has_its_profile(tmp_path):
    x = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    tifffile.imwrite(tmp_path / "a.tif", x, photometric="minisblack", iccprofile=grey_profile(gamma=1))
    photo = read_photo(tmp_path / "a.tif")
    assert not any("profile" in str(note) for note in photo.notes)
    np.testing.assert_allclose(photo.luminance(), lightness_by_definition(x.astype(float)), atol=0.02)


@pytest.mark.parametrize("kind", ["deep", "sideways"])
def test_a_later_page_that_is_damaged_does_not_change_how_the_first_is_read(tmp_path, kind):
    pixels = deep_colours() if kind == "deep" else colours()
    extra = [(0x0112, 3, 1, 6, True)] if kind == "sideways" else []
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for _ in range(2):
            tiff.write(pixels, photometric="rgb", extratags=extra)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        second = tiff.pages[1].offset
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[second + 2 : second + 40] = b"\xff" * 38
    (tmp_path / "a.tif").write_bytes(data)
    photo, alone = read_photo(tmp_path / "a.tif"), np.rot90(pixels, -1) if kind == "sideways" else pixels
    assert photo.bit_depth == 8 * pixels.itemsize
    assert_luminance(photo, luminance_of(alone), 0.05)


def test_a_fourth_sample_that_nobody_calls_alpha_is_none(tmp_path):
    infrared = np.dstack((colours(), np.zeros((HEIGHT, WIDTH), np.uint8)))
    tifffile.imwrite(tmp_path / "a.tif", infrared, photometric="rgb", extrasamples=["unspecified"])
    data = bytearray((tmp_path / "a.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        tag = tiff.pages[0].tags["ExtraSamples"]
    data[tag.offset : tag.offset + 2] = struct.pack("<H", 65000)  # as software that leaves it out
    (tmp_path / "a.tif").write_bytes(data)
    with Image.open(tmp_path / "a.tif") as image:
        assert image.mode == "RGBA", "what Pillow takes it for"
    assert_luminance(read_photo(tmp_path / "a.tif"), luminance_of(colours()))


def test_the_colours_of_a_large_16_bit_grey_scan_are_grey(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.full((40, 6000), 30000, np.uint16), photometric="minisblack")
    assert np.ptp(read_colors(tmp_path / "a.tif", long_side=600), axis=2).max() == 0


def test_what_pillow_reads_with_8_bits_is_told(tmp_path):
    cv2.imwrite(str(tmp_path / "a.jp2"), deep_colours()[:, :, ::-1])
    photo = read_photo(tmp_path / "a.jp2")
    assert photo.bit_depth == 8 and [str(note) for note in photo.notes] == ["This picture has more than 8 bits; it was read with 8."]
    assert read_photo(saved(tmp_path / "b.jp2", colours())).notes == ()
    assert read_photo(saved(tmp_path / "c.avif", colours())).notes == ()
    data = bytearray((tmp_path / "c.avif").read_bytes())
    data[data.index(b"av1C") + 6] |= 0x40  # that of 10 bits, which nothing here writes
    with Image.open(tmp_path / "c.avif") as image:
        assert photo_module._has_more_than_8_bits(image, io.BytesIO(data))


def test_a_jpeg_2000_has_its_profile(tmp_path):
    profile = wide_gamut_profile()
    saved(tmp_path / "a.jp2", colours())
    data = (tmp_path / "a.jp2").read_bytes()
    at = data.index(b"colr") - 4
    size = struct.unpack(">I", data[at : at + 4])[0]
    box = struct.pack(">I", 11 + len(profile)) + b"colr\x02\0\0" + profile
    header = data.index(b"jp2h") - 4
    longer = struct.unpack(">I", data[header : header + 4])[0] + len(box) - size
    changed = data[:header] + struct.pack(">I", longer) + data[header + 4 : at] + box + data[at + size :]
    (tmp_path / "b.jp2").write_bytes(changed)
    plain, photo = read_photo(tmp_path / "a.jp2"), read_photo(tmp_path / "b.jp2")
    assert photo.notes == ()
    expected = read_photo(saved(tmp_path / "c.png", colours(), icc_profile=profile))
    assert_luminance(photo, expected.luminance().astype(float), 3)  # JPEG 2000 is lossy here
    assert np.abs(photo.luminance() - plain.luminance()).max() > 2


def test_exif_says_srgb_and_no_resolution_of_the_file(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Epson"
    exif[ExifTags.Base.XResolution] = 300.0
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ColorSpace] = 65535
    photo = read_photo(saved(tmp_path / "a.jpg", colours(), exif=exif.tobytes(), dpi=(300, 300)))
    kept = Image.Exif()
    kept.load(photo.exif)
    assert kept[ExifTags.Base.Make] == "Epson" and ExifTags.Base.XResolution not in kept
    assert kept.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ColorSpace] == 1 and photo.dpi == (300, 300)
