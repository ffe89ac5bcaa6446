"""What is marked with a tool, without a window."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSizeF

from picgui.gui import marking
from picgui.gui.marking import Mark, Tool, reach

SHAPE, PHOTO = (28, 40), (140, 200)  # of the chroma and of the photograph, height and width
SHOWN = QSizeF(400, 280)


def marked(tool, *points, with_shift=False, brush=0.03):
    mark = Mark()
    mark.tool, mark.brush = tool, brush
    mark.begin(QPointF(*points[0]), with_shift=with_shift)
    for point in points[1:]:
        mark.extend(QPointF(*point), SHOWN)
    return mark


def mask_of(mark, *, least=0.0):
    return mark.mask(SHAPE, PHOTO, least=least)


def shares(stroke):
    return [(point.x(), point.y()) for point in stroke]


def brushed(stroke, brush, shape, photo):
    """What a stroke covers, pixel by pixel of the whole plane."""
    sides = np.array(photo[::-1]) / max(photo)
    ys, xs = np.mgrid[: shape[0], : shape[1]]
    at = np.stack(((xs + 0.5) / shape[1], (ys + 0.5) / shape[0]), axis=-1) * sides
    covered, points = np.zeros(shape, bool), np.array(stroke) * sides
    for start, end in zip(points, points[1:] if len(points) > 1 else points):
        way = end - start
        share = np.clip(((at - start) * way).sum(axis=-1) / max((way * way).sum(), 1e-30), 0, 1)
        covered |= np.linalg.norm(at - start - share[..., None] * way, axis=-1) <= brush
    for x, y in stroke:
        covered[min(int(y * shape[0]), shape[0] - 1), min(int(x * shape[1]), shape[1] - 1)] = True
    return covered


@pytest.mark.parametrize("brush", [1e-4, 0.02, 0.1, 2.0])
@pytest.mark.parametrize(("shape", "photo"), [((28, 40), (140, 200)), ((40, 28), (200, 140)), ((1, 9), (10, 90)), ((30, 30), (201, 199))])
def test_a_place_is_what_the_brush_covers(brush, shape, photo):
    draw = np.random.default_rng(0)
    mark = Mark()
    mark.tool, mark.brush = Tool.HINT, brush
    for points in (1, 2, 7, 40):
        way = np.clip(draw.uniform(-0.2, 1.2, (points, 2)), 0, 1)  # some at the very edge
        mark.stroke = [QPointF(*point) for point in way]
        assert np.array_equal(mark.mask(shape, photo, least=0.0), brushed(way, brush, shape, photo))


@pytest.mark.parametrize("tool", [Tool.HINT, Tool.REGION])
def test_a_stroke_that_comes_back_keeps_its_far_end(tool):
    points = [(0.2, 0.3), (0.8, 0.3), (0.2, 0.301)]
    assert shares(marked(tool, *points, with_shift=True).stroke) == points
    near = marked(tool, (0.2, 0.3), (0.2005, 0.3), (0.201, 0.3), with_shift=True)
    assert shares(near.stroke) == [(0.2, 0.3), (0.201, 0.3)], "of points that are next to each other not all are kept"


def test_a_stroke_is_measured_only_where_it_can_reach(monkeypatch):
    distance, measured = marking._distance, []
    monkeypatch.setattr(marking, "_distance", lambda points, *ends: (measured.append(points.shape[:2]), distance(points, *ends))[1])
    mask_of(marked(Tool.HINT, (0.5, 0.5), (0.6, 0.5)))
    ((rows, columns),) = measured
    assert 2 <= rows <= 5 and 6 <= columns <= 9


def test_a_place_has_a_pixel_however_thin_the_brush():
    mask = mask_of(marked(Tool.HINT, (0.51, 0.49), brush=1e-6))
    assert mask.sum() == 1 and mask[13, 20]


def test_with_shift_a_stroke_adds_to_the_place_each_with_its_own_brush():
    mark = marked(Tool.HINT, (0.2, 0.2), brush=0.05)
    first = mask_of(mark)
    mark.begin(QPointF(0.8, 0.8), with_shift=True)
    mark.brush = 0.1
    second = mask_of(marked(Tool.HINT, (0.8, 0.8), brush=0.1))
    assert len(mark.earlier) == 1 and np.array_equal(mask_of(mark), first | second) and not (first & second).any()
    mark.begin(QPointF(0.8, 0.8), with_shift=False)
    assert not mark.earlier and np.array_equal(mask_of(mark), second)
    mark.clear()
    mark.begin(QPointF(0.2, 0.2), with_shift=True)
    assert not mark.earlier, "nothing was marked that it could add to"


def test_a_stroke_keeps_no_more_points_than_it_needs():
    mark = marked(Tool.HINT, (0.1, 0.1), (0.15, 0.1), (0.151, 0.1), (0.152, 0.1))
    assert shares(mark.stroke) == [(0.1, 0.1), (0.15, 0.1), (0.152, 0.1)], "the last one always"
    mark.extend(QPointF(0.16, 0.1), SHOWN)
    assert len(mark.stroke) == 4, "3 pixels of the screen away, where the brush has a radius of 12"
    assert reach(mark.brush, SHOWN) == pytest.approx(12)


@pytest.mark.parametrize("tool", [Tool.REGION, Tool.TAKE])
def test_a_region_is_the_rectangle_between_two_corners_or_with_shift_an_outline(tool):
    corners = ((0.75, 0.75), (0.9, 0.1), (0.25, 0.25))
    mark = marked(tool, *corners)
    expected = np.zeros(SHAPE, bool)
    expected[7:21, 10:30] = True
    assert shares(mark.stroke) == [corners[0], corners[2]] and np.array_equal(mask_of(mark), expected)
    mark = marked(tool, (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), with_shift=True)
    mask = mask_of(mark)
    assert mark.is_lasso and mask[0, 0] and mask[0, -2] and mask[-2, 0] and not mask[-1, -1] and abs(mask.mean() - 0.5) < 0.03
    mark.begin(QPointF(0.0, 0.0), with_shift=False)
    assert not mark.is_lasso and not mark.earlier


def test_corners_are_put_one_after_the_other_and_the_second_one_again():
    mark = Mark()
    mark.tool = Tool.REGION
    for at in ((0.25, 0.25), (0.5, 0.5), (0.75, 0.75)):
        mark.put_corner(QPointF(*at))
    assert shares(mark.stroke) == [(0.25, 0.25), (0.75, 0.75)] and mask_of(mark).sum() == 14 * 20


def test_a_region_that_is_small_has_a_pixel_and_one_that_is_too_small_has_none():
    mark = marked(Tool.REGION, (0.512, 0.491), (0.515, 0.494))  # 0.6 by 0.42 pixels of the photograph
    mask = mask_of(mark, least=1.0)
    assert mask.sum() == 1 and mask[13, 20]
    assert not mask_of(mark, least=1.1).any()
