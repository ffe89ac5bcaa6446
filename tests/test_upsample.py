"""Composition: the photo's own luminance, colours that follow its edges, pieces equal to the whole."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from picgui import color, upsample
from picgui.opencv import cv2
from picgui.photo import photo_from_rgb, read_photo
from picgui.threads import using_threads
from picgui.upsample import compose


def lab_of(image):
    scale = np.iinfo(image.dtype).max
    rgb = torch.from_numpy((image / scale).astype(np.float32)).movedim(-1, 0)
    return color.srgb_to_lab(rgb).numpy()


def two_halves(height=160, width=200, edge=90):
    """A dark and a light half, and their chroma averaged over 40 x 40 cells that do not meet the edge."""
    grey = np.full((height, width), 80, np.uint8)
    grey[:, edge:] = 190
    truth = np.zeros((2, height, width), np.float32)
    truth[0, :, :edge], truth[1, :, edge:] = 25, 30
    low = np.stack([cv2.resize(t, (width // 20, height // 20), interpolation=cv2.INTER_AREA) for t in truth])
    return photo_from_rgb(grey), truth, low


def textured(height, width, *, seed=0):
    small = np.random.default_rng(seed).integers(20, 235, (height // 16, width // 16), dtype=np.uint8)
    return photo_from_rgb(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def chroma(height, width, *, seed=1, scale=15):
    return np.random.default_rng(seed).normal(0, scale, (2, height, width)).astype(np.float32)


def test_luminance_is_the_photos_own():
    photo = textured(160, 240)
    for dtype, mean, most in ((np.uint8, 0.15, 0.6), (np.uint16, 0.03, 0.3)):
        lab = lab_of(compose(photo, chroma(10, 15), dtype=dtype))
        error = np.abs(lab[0] - photo.luminance())
        assert error.mean() < mean and error.max() < 1  # near black a level of 8 bits is a third of a unit of L
        assert error[(photo.luminance() > 8) & (photo.luminance() < 97)].max() < most


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_is_what_hardly_any_colour_would_be(dtype):
    photo = textured(100, 120)
    nearly = compose(photo, np.full((2, 5, 6), 1e-6, np.float32), dtype=dtype)
    grey = compose(photo, np.zeros((2, 5, 6), np.float32), dtype=dtype)
    assert grey.dtype == dtype and np.abs(grey.astype(int) - nearly).max() <= 1 and (grey == nearly).mean() > 0.9
    assert np.array_equal(compose(photo, np.zeros((2, 5, 6), np.float32), dtype=dtype, rows=slice(30, 71)), grey[30:71])


def test_no_chroma_is_grey():
    image = compose(textured(100, 120), np.zeros((2, 5, 6), np.float32))
    assert (image.max(axis=2) - image.min(axis=2)).max() <= 1


def test_colours_follow_the_edges_of_luminance_better_than_bilinear():
    photo, truth, low = two_halves()
    ours = lab_of(compose(photo, low, dtype=np.uint16))[1:]
    bilinear = np.stack([cv2.resize(c, truth.shape[:0:-1], interpolation=cv2.INTER_LINEAR) for c in low])
    near = slice(70, 110)
    error, reference = (np.abs(c - truth)[:, :, near].mean() for c in (ours, bilinear))
    assert error < 0.5 * reference


def test_the_mean_over_each_pixel_of_the_chroma_stays_near_it():
    photo, low = textured(160, 240), chroma(20, 30, scale=6)
    lab = lab_of(compose(photo, low, dtype=np.uint16))
    averages = np.stack([cv2.resize(plane, (30, 20), interpolation=cv2.INTER_AREA) for plane in lab[1:]])
    assert np.sqrt(((averages - low) ** 2).mean()) < 2.6  # 3.2 where what averaging misses is not sent up, too


@pytest.mark.parametrize(
    ("size", "shape", "doublings"),
    [
        ((64, 64), (64, 64), 0),
        ((16, 16), (64, 64), 0),
        ((38, 38), (32, 32), 0),  # up to 1.19 times the size is left to what is bilinear
        ((39, 39), (32, 32), 1),
        ((76, 76), (32, 32), 1),
        ((77, 77), (32, 32), 2),
        ((256, 192), (32, 24), 3),
        ((256, 100), (32, 32), 3),
        ((100, 256), (32, 32), 3),
        ((2000, 2000), (64, 64), 3),  # where 800,000 pixels are enough
        ((4000, 3000), (64, 48), 4),
        ((4000, 3000), (900, 900), 0),
    ],
)
def test_chroma_is_doubled_to_about_the_size_of_the_photo_but_not_beyond_what_is_worth_it(size, shape, doublings):
    assert upsample._doublings(SimpleNamespace(height=size[0], width=size[1]), shape) == doublings


def test_a_flat_colour_stays_flat():
    photo = textured(150, 150)
    lab = lab_of(compose(photo, np.full((2, 9, 9), 5, np.float32), dtype=np.uint16))
    inside = (photo.luminance() > 10) & (photo.luminance() < 95)
    assert np.abs(lab[1:][:, inside] - 5).max() < 0.3


def test_rows_are_those_of_the_whole():
    photo, low = textured(301, 220), chroma(19, 14)
    whole = compose(photo, low)
    for rows in (slice(0, 10), slice(97, 180), slice(290, 301)):
        assert np.array_equal(compose(photo, low, rows=rows), whole[rows])


def test_a_large_picture_is_the_same_however_many_threads_compose_it(monkeypatch):
    photo, low = textured(320, 400), chroma(20, 25)
    with using_threads(1):
        one = compose(photo, low, dtype=np.uint16)
    monkeypatch.setattr(upsample, "_PART", 50_000)
    monkeypatch.setattr(upsample, "_STRIP_PIXELS", 9_999)
    parts, together = [], upsample.side_by_side
    monkeypatch.setattr(upsample, "side_by_side", lambda function, items: parts.append(len(items)) or together(function, items))
    with using_threads(3):
        assert np.array_equal(compose(photo, low, dtype=np.uint16), one)
        assert np.array_equal(compose(photo, low, dtype=np.uint16, rows=slice(33, 290)), one[33:290])
    assert parts == [3, 3]


def test_chroma_is_doubled_by_the_mean_of_those_around_weighted_by_nearness_and_likeness():
    """`_double` and `_weights`, against the same written plainly."""
    generator = np.random.default_rng(3)
    coarse = generator.uniform(0, 100, (5, 6)).astype(np.float32)
    fine = np.repeat(np.repeat(coarse, 2, 0), 2, 1) + generator.normal(0, 6, (10, 12)).astype(np.float32)
    planes = generator.normal(0, 20, (3, 5, 6)).astype(np.float32)
    planes[2] = generator.random((5, 6)) < 0.7
    planes[2, 3] = 0  # a row in which nothing is drawn
    planes[:2] *= planes[2]
    found = np.empty((3, 10, 12), np.float32)
    upsample._double(planes, upsample._weights(fine, coarse), found)
    for y in range(10):
        for x in range(12):
            sums = np.zeros(3)
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    at = min(max(y // 2 + dy, 0), 4), min(max(x // 2 + dx, 0), 5)
                    distance = (dy - (y % 2 - 0.5) / 2) ** 2 + (dx - (x % 2 - 0.5) / 2) ** 2
                    likeness = np.exp(-((float(fine[y, x]) - coarse[at]) ** 2) / (2 * 4.5**2)) + 1e-4
                    sums += np.exp(-distance / (2 * 0.5**2)) * likeness * planes[:, *at]
            expected = sums / sums[2] if planes[2, y // 2, x // 2] else np.zeros(3)
            assert np.allclose(found[:, y, x], expected, rtol=1e-4, atol=1e-4), (y, x)


@pytest.mark.parametrize(("dtype", "allowed"), [(np.uint8, 1e-4), (np.uint16, 2e-3)])
def test_levels_are_those_of_the_curve_rounded_to_the_nearest(dtype, allowed):
    """Every level of a grey ramp, and colours; where float32 puts a colour between two, either may be taken."""
    last = np.iinfo(dtype).max
    photo = photo_from_rgb(np.arange(1 << 16, dtype=np.uint16).reshape(256, 256))
    for a, b in ((1e-5, 0), (3, -4)):
        found = compose(photo, np.tile(np.float32([a, b])[:, None, None], (1, 4, 4)), dtype=dtype)
        lab = torch.from_numpy(np.stack([photo.luminance(), *np.broadcast_to(np.float32([a, b])[:, None, None], (2, 256, 256))])).double()
        real = color.in_gamut(lab, slack=0)
        expected = (color.lab_to_srgb(lab) * last).movedim(0, -1).numpy()
        wrong = np.abs(found - expected)[real.numpy()] - 0.5
        assert real.float().mean() > 0.8 and wrong.max() < 0.02 * (dtype == np.uint16) + 1e-3 and (wrong > 1e-6).mean() < allowed * 10


def test_rows_not_drawn_yet_are_grey_and_lend_no_colour():
    photo, low = textured(160, 160), chroma(10, 10)
    part = low.copy()
    part[:, 4:] = np.nan
    image = compose(photo, part)
    assert (image[110:].max(axis=2) - image[110:].min(axis=2)).max() <= 1
    assert np.abs(lab_of(image)[1:, :40]).mean() > 2
    assert (compose(photo, np.full_like(low, np.nan)) == compose(photo, np.zeros_like(low))).all()


def test_chroma_of_any_layout_is_composed():
    photo, low = textured(96, 96), chroma(6, 6)
    flipped = np.ascontiguousarray(low[:, :, ::-1])[:, :, ::-1]
    assert np.array_equal(compose(photo, flipped), compose(photo, low))


def test_saturation_multiplies_the_chroma():
    photo, low = textured(96, 96), chroma(6, 6, scale=6)
    one, half, none = (lab_of(compose(photo, low, saturation=s, dtype=np.uint16))[1:] for s in (1.0, 0.5, 0.0))
    assert np.abs(half - one / 2).mean() < 0.2 and np.abs(none).max() < 0.1


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 500), (500, 16), (17, 400), (33, 31)])
def test_any_shape_is_composed(height, width):
    photo = photo_from_rgb(np.full((height, width), 128, np.uint8))
    assert compose(photo, chroma(2, 3)).shape == (height, width, 3)


def test_the_luminance_of_vivid_colours_is_kept_by_giving_up_colour():
    photo = photo_from_rgb(np.full((40, 40), 250, np.uint8))
    lab = lab_of(compose(photo, np.full((2, 4, 4), 90, np.float32), dtype=np.uint16))
    assert np.abs(lab[0] - photo.luminance()).max() < 0.2 and np.abs(lab[1:]).max() < 60


def test_vivid_colours_become_the_nearest_of_their_hue():
    """As `picgui.color.clamp_chroma_to_gamut` does it, but for the slack, which is less here."""
    photo = photo_from_rgb(np.repeat(np.linspace(60, 250, 40).astype(np.uint8)[:, None], 40, axis=1))
    vivid = np.tile(np.float32([80, -50])[:, None, None], (1, 4, 4))
    lab = lab_of(compose(photo, vivid, dtype=np.uint16))
    luminance, given = (torch.from_numpy(x) for x in (photo.luminance()[None], np.tile(np.float32([80, -50])[:, None, None], (1, 40, 40))))
    expected = color.clamp_chroma_to_gamut(luminance, given).numpy()
    assert np.linalg.norm(given.numpy() - expected, axis=0).mean() > 20
    assert np.abs(lab[1:] - expected).max() < 1 and np.abs(50 * lab[1] + 80 * lab[2]).max() < 20


def test_nothing_is_compiled_anew_for_other_photographs(tmp_path):
    """Whatever arrays there are: it would take seconds, once for each kind."""
    before = compose(textured(48, 64), chroma(3, 4)).dtype
    kernels = (upsample._paint, upsample._double, upsample._weigh)
    known = [len(kernel.signatures) for kernel in kernels]
    pixels = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    for name, image in (("a.jpg", pixels), ("b.png", pixels[..., 0]), ("c.png", pixels.astype(np.uint16) * 257), ("d.tif", pixels[..., 0].astype(np.uint16) * 257)):
        cv2.imwrite(str(tmp_path / name), image)
        photo = read_photo(tmp_path / name)
        for one in (photo, photo.resized(50)):
            fixed = chroma(5, 6)
            fixed.flags.writeable = False
            for given in (fixed, fixed[:, ::2, ::-1], fixed.astype(np.float64), np.where(np.arange(6) < 3, fixed, np.nan)):
                compose(one, given, dtype=one.dtype, rows=slice(3, 20), saturation=1)
    assert before == np.uint8 and [len(kernel.signatures) for kernel in kernels] == known


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_black_stays_black_and_dark_tones_keep_their_luminance(dtype):
    levels = np.repeat(np.arange(16, dtype=np.uint16) * 64, 20)
    photo = photo_from_rgb(np.tile(levels, (40, 1)))  # 0 to 960 of 65535
    for a, b in ((10, -40), (60, -60), (-30, 40), (50, 50)):
        image = compose(photo, np.tile(np.float32([a, b])[:, None, None], (1, 4, 4)), dtype=dtype)
        assert image[:, :20].max() == 0
        assert np.abs(lab_of(image)[0] - photo.luminance()).max() < (0.4 if dtype == np.uint8 else 0.15)


@pytest.mark.parametrize(
    "options", [{"saturation": float("nan")}, {"saturation": -1}, {"chroma": np.zeros((3, 4, 4))}, {"dtype": np.float32}, {"rows": slice(0, 10, 2)}, {"chroma": np.zeros((2, 0, 4))}]
)
def test_what_cannot_be_composed_is_refused(options):
    with pytest.raises(ValueError):
        compose(textured(32, 32), options.pop("chroma", chroma(2, 2)), **options)


def test_grey_leaves_the_guide_of_the_colours(monkeypatch):
    photo = photo_from_rgb(np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8))
    chroma = np.full((2, 8, 12), 9, np.float32)
    made, guide = [], upsample._Guide
    monkeypatch.setattr(upsample, "_Guide", lambda *of: made.append(of) or guide(*of))
    first = compose(photo, chroma)
    grey = compose(photo, np.zeros((2, 1, 1), np.float32))
    assert (np.ptp(grey.astype(int), axis=2) <= 1).all()
    assert np.array_equal(compose(photo, chroma), first) and len(made) == 1


def test_what_was_upsampled_serves_the_next_rows_until_a_colour_changes(monkeypatch):
    photo, low = textured(96, 96), chroma(6, 6)
    made, upsampled = [], upsample._Guide._upsampled
    monkeypatch.setattr(upsample._Guide, "_upsampled", lambda self, given: made.append(given) or upsampled(self, given))
    before = [compose(photo, low, rows=slice(top, top + 48), saturation=0.5) for top in (0, 48)]
    assert len(made) == 1
    low[:, 5, 5] = 40  # in place, as rows are drawn
    after = compose(photo, low, saturation=0.5)
    assert len(made) == 2 and np.array_equal(after[:40], before[0][:40]) and not np.array_equal(after[48:], before[1])
    low[:, 5, 5] = np.nan
    assert np.array_equal(compose(photo, low), compose(photo, low)) and len(made) == 3


def test_a_picture_smaller_than_its_colours_has_their_means():
    photo = photo_from_rgb(np.full((16, 16), 120, np.uint8))
    checks = np.zeros((2, 64, 64), np.float32)
    checks[0] = 12 * (np.indices((64, 64)).sum(axis=0) % 4 == 1)  # one in four: 3 on average
    pixels = compose(photo, checks)
    assert np.ptp(pixels.reshape(-1, 3), axis=0).max() <= 1
    even = compose(photo, np.stack((np.full((64, 64), 3), np.zeros((64, 64)))).astype(np.float32))
    assert np.abs(pixels.astype(int) - even).max() <= 1
