"""Previews that are composed strip by strip while samples are drawn, without a window."""

import cv2
import numpy as np
import pytest
import torch

from picgui.gui import jobs
from picgui.gui.pictures import Pictures, image_of
from picgui.gui.session import Session
from picgui.photo import photo_from_rgb
from picgui.pipeline import Embedded, Row
from picgui.upsample import compose
from tests.windows import as_pixels

WAIT = 120_000  # milliseconds; the first picture may wait for the compiler
HEIGHT, WIDTH = 20, 26  # of the chroma
NOISE = np.random.default_rng(0)


class Drawing:
    """A session of 16 samples whose rows come from nowhere, and its pictures."""

    def __init__(self, qtbot):
        self.qtbot, self.session = qtbot, Session()
        self.pictures = Pictures(self.session)
        self.session.set_sample_count(16)
        noise = cv2.GaussianBlur(NOISE.uniform(0, 255, (200, 260)).astype(np.float32), (0, 0), 5)
        self.session.set_photo(jobs.with_smaller(photo_from_rgb(((noise - 128) * 8 + 128).clip(0, 255).astype(np.uint8)), None))
        draft = NOISE.normal(0, 15, (2, HEIGHT, WIDTH)).astype(np.float32)
        self.session.set_embedded(Embedded(torch.zeros(1, 1, 4 * HEIGHT, 4 * WIDTH), torch.zeros(1), None, draft, 0.0))

    def settle(self):
        self.qtbot.waitUntil(lambda: not (self.pictures._busy or self.pictures._dirty or self.pictures._timer.isActive()), timeout=WAIT)

    def show(self, sample):
        self.pictures.show((sample,))
        self.settle()

    def draw(self, samples, y):
        self.session.take(samples, Row(y, NOISE.uniform(-40, 40, (len(samples), 2, WIDTH)).astype(np.float32), np.zeros(len(samples))))

    def whole(self, sample):
        photo = self.session.opened.preview
        return image_of(jobs.for_screen(compose(photo, sample.chroma, saturation=self.session.saturation)))


@pytest.fixture
def drawing(qtbot):
    made = Drawing(qtbot)
    yield made
    made.pictures.close()


def test_strips_make_the_picture_that_the_whole_is(drawing):
    sample = drawing.session.samples[0]
    drawing.show(sample)
    for y in range(HEIGHT):
        drawing.draw([sample], y)
        if y % 3 == 0:
            drawing.settle()
        if y == HEIGHT // 2:
            drawing.session.set_saturation(1.3)
    drawing.settle()
    assert drawing.pictures.preview(sample) == drawing.whole(sample)


def test_a_part_is_composed_with_a_little_around_it_as_it_is_in_the_whole(drawing):
    sample, mask = drawing.session.samples[0], np.zeros((HEIGHT, WIDTH), bool)
    sample.chroma[:] = np.arange(WIDTH) * 2 - WIDTH
    assert drawing.pictures.part(sample, ~mask, 260) == drawing.whole(sample)
    mask[16:, 2:10] = True
    part = as_pixels(drawing.pictures.part(sample, mask, 100))
    assert part.shape == (50, 100, 3), "a pixel of the chroma around it, where the picture goes on"
    assert np.abs(part - as_pixels(drawing.whole(sample))[150:, 10:110]).mean() < 4
    assert drawing.pictures.part(sample, mask, 50).width() == 50 and drawing.pictures.part(sample, mask, 200).height() == 100


def test_strips_that_failed_do_not_stay_wrong(drawing, monkeypatch):
    sample, failing = drawing.session.samples[0], []

    def composed(*given, compose=jobs.compose, **options):
        if failing:
            failing.clear()
            raise MemoryError
        return compose(*given, **options)

    monkeypatch.setattr(jobs, "compose", composed)
    drawing.show(sample)
    for y in range(HEIGHT):
        drawing.draw([sample], y)
        if y == HEIGHT // 2:
            failing.append(1)
        if not 2 < y < HEIGHT // 2:  # so what fails are many rows
            drawing.settle()
    assert sample.has_ended and not failing and drawing.pictures.preview(sample) == drawing.whole(sample)


def test_a_strip_of_a_preview_that_was_dropped_meanwhile_does_not_stand_for_all_of_it(drawing):
    samples, pictures = drawing.session.samples, drawing.pictures
    for sample in samples[:11]:
        drawing.show(sample)
    first = samples[0]
    drawing.show(first)
    for y in range(HEIGHT):
        drawing.settle()
        drawing.draw(samples, y)
    pictures._timer.stop()
    pictures._compose()
    pictures.show((samples[14],))
    assert ("preview", first.number) not in pictures._images
    drawing.settle()
    drawing.show(first)
    assert pictures.preview(first) == drawing.whole(first)
