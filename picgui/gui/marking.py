"""What is marked on the photograph with a tool."""

import math
from enum import Enum, auto

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPolygonF

from picgui.gui.view import pixel


class Tool(Enum):
    """What pressing and dragging on the photograph does."""

    MOVE = auto()
    HINT = auto()  # marks a place that is to get a colour
    REGION = auto()  # marks a rectangle, or with Shift any outline, that is to be drawn again
    TAKE = auto()  # marks the same way what is to be taken from another sample

    @property
    def outlines(self) -> bool:
        """Whether it marks a region by its outline."""
        return self in (Tool.REGION, Tool.TAKE)


class Mark:
    """What is being marked: a place by strokes of a brush, or a region. Its points are shares of the photograph's sides."""

    def __init__(self):
        self.tool = Tool.MOVE
        self.brush = 0.03  # radius, as a share of the longer side
        self.stroke: list[QPointF] = []
        self.earlier: list[tuple[list[QPointF], float]] = []  # strokes of the same place before it, and the brush of each
        self.is_lasso = False  # the stroke is the outline of a region, not two corners of it

    def begin(self, at: QPointF, *, with_shift: bool) -> None:
        """Mark anew; with Shift more of the place that is marked for a hint, or a region by its outline."""
        adds = with_shift and self.tool is Tool.HINT and bool(self.stroke)
        self.earlier = self.strokes if adds else []
        self.stroke, self.is_lasso = [at], with_shift and self.tool.outlines

    def extend(self, to: QPointF, size: QSizeF) -> None:
        """Go on to a point. `size` is that of the photograph on the screen: of points that are next to each other there not all are kept."""
        if self.tool.outlines and not self.is_lasso:
            self.put_corner(to)
        elif len(self.stroke) > 1 and all(self._is_near(self.stroke[-2], point, size) for point in (self.stroke[-1], to)):
            self.stroke[-1] = to
        else:
            self.stroke.append(to)

    def put_corner(self, at: QPointF) -> None:
        """The first corner of a rectangle; or the second one, in place of any before."""
        self.stroke, self.is_lasso = [*self.stroke[:1], at], False

    def clear(self) -> None:
        """Nothing is marked."""
        self.stroke, self.earlier = [], []

    def _is_near(self, a: QPointF, b: QPointF, size: QSizeF) -> bool:
        apart = math.hypot((a.x() - b.x()) * size.width(), (a.y() - b.y()) * size.height())
        return apart < max(2.0, reach(self.brush, size) / 4 if self.tool is Tool.HINT else 0.0)

    @property
    def strokes(self) -> list[tuple[list[QPointF], float]]:
        """The strokes that mark a place, and the brush of each."""
        return [*self.earlier, (self.stroke, self.brush)]

    @property
    def region(self) -> QPolygonF:
        """The region that the stroke marks: its outline, or the rectangle between its ends."""
        return QPolygonF(self.stroke) if self.is_lasso else QPolygonF(QRectF(self.stroke[0], self.stroke[-1]).normalized())

    def mask(self, shape: tuple[int, int], photo_shape: tuple[int, int], *, least: float) -> np.ndarray:
        """What is marked, bool of this shape (h, w): pixels whose middle is inside, one at least.

        `photo_shape` is the photograph's height and width; none where those of a region are together no more than `least` of its pixels.
        """
        height, width = shape
        middles = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
        return self._region_mask(*middles, photo_shape, least) if self.tool.outlines else self._place_mask(*middles, photo_shape)

    def _region_mask(self, x: np.ndarray, y: np.ndarray, photo_shape: tuple[int, int], least: float) -> np.ndarray:
        region = self.region
        box = region.boundingRect()
        if box.width() * photo_shape[1] + box.height() * photo_shape[0] <= least:
            return np.zeros(x.shape, bool)
        mask = np.array([region.containsPoint(QPointF(*at), Qt.FillRule.OddEvenFill) for at in zip(x.flat, y.flat)]).reshape(x.shape)
        if not mask.any():
            mask[pixel(box.center(), *mask.shape)] = True
        return mask

    def _place_mask(self, x: np.ndarray, y: np.ndarray, photo_shape: tuple[int, int]) -> np.ndarray:
        sides = np.array(photo_shape[::-1]) / max(photo_shape)
        at, mask = np.stack((x, y), axis=-1) * sides, np.zeros(x.shape, bool)
        per_pixel = sides / mask.shape[::-1]
        for stroke, brush in self.strokes:
            points = np.array([(p.x(), p.y()) for p in stroke]) * sides
            for start, end in zip(points, points[1:] if len(points) > 1 else points):
                first = np.floor((np.minimum(start, end) - brush) / per_pixel - 0.5)
                beyond = np.ceil((np.maximum(start, end) + brush) / per_pixel + 0.5)
                columns, rows = (slice(max(int(a), 0), max(int(b), 0)) for a, b in zip(first, beyond))  # no other can be so near
                mask[rows, columns] |= _distance(at[rows, columns], start, end) <= brush
            for point in stroke:
                mask[pixel(point, *mask.shape)] = True
        return mask


def reach(brush: float, size: QSizeF) -> float:
    """The radius of a brush in pixels of the screen, where the photograph has this size there."""
    return brush * max(size.width(), size.height())


def _distance(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Distance of points (..., 2) from the segment between two points."""
    along = end - start
    length = float(along @ along)
    share = np.clip(((points - start) * along).sum(axis=-1) / length, 0, 1) if length else np.zeros(points.shape[:-1])
    return np.linalg.norm(points - start - share[..., None] * along, axis=-1)
