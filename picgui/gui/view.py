"""What of the photograph is seen where: panes side by side, zoom, pan, the line between before and after."""

import math

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF
from PySide6.QtGui import QPaintDevice, QTransform

from picgui.gui.pictures import BAND_BYTES, BAND_ROWS
from picgui.gui.session import Sample, Session

MAX_ZOOM = 32.0  # screen pixels per photo pixel
HANDLE = 15  # radius of the divider's handle
_GRIP = 9  # how near to the divider a press takes hold of it
_MARGIN = 24
_GAP = 8


class View:
    """Where the photograph lies in the panes of a widget. All of them show the same of it.

    Points and rectangles of the widget are in its pixels, points of the photograph are shares of its sides. What has to do with a photograph
    needs one in the session.
    """

    def __init__(self, session: Session, widget: QPaintDevice):
        self._session, self._widget = session, widget
        self.samples: tuple[Sample, ...] = ()  # one for each pane
        self.zoom = 1.0  # screen pixels per photo pixel
        self.center = QPointF(0.5, 0.5)  # of the photograph, in the middle of each pane
        self.fits = True
        self.split: float | None = None  # share of the photograph's width that is shown as it was

    # panes

    @property
    def panes(self) -> list[QRectF]:
        """One rectangle for each sample; one at least."""
        number = max(1, len(self.samples))
        columns, rows = 1, 1
        if number > 1:
            opened = self._session.opened
            aspect = opened.photo.width / opened.photo.height if opened else 1.0
            # the grid in which the photograph is largest
            grids = [(c, math.ceil(number / c)) for c in range(1, number + 1)]
            columns, rows = max(grids, key=lambda g: min(self._widget.width() / g[0] / aspect, self._widget.height() / g[1]))
        width = (self._widget.width() - _GAP * (columns - 1)) / columns
        height = (self._widget.height() - _GAP * (rows - 1)) / rows
        return [
            QRectF((i % columns) * (width + _GAP), (i // columns) * (height + _GAP), width, height) for i in range(number)
        ]

    def pane_at(self, point: QPointF) -> QRectF | None:
        """The pane in which a point lies; None between and beside them."""
        return next((pane for pane in self.panes if pane.contains(point)), None)

    def sample_at(self, point: QPointF) -> Sample | None:
        """The sample of the pane in which a point lies."""
        return next((sample for sample, pane in zip(self.samples, self.panes) if pane.contains(point)), None)

    # where the photograph lies

    @property
    def scale(self) -> float:
        """Widget pixels per photo pixel."""
        return self.zoom / self._widget.devicePixelRatioF()

    @property
    def size(self) -> QSizeF:
        """Of the whole photograph, in widget pixels."""
        photo = self._session.opened.photo
        return QSizeF(photo.width, photo.height) * self.scale

    def target(self, pane: QRectF) -> QRectF:
        """Where the whole photograph lies for a pane."""
        size, middle = self.size, pane.center()
        return QRectF(QPointF(middle.x() - self.center.x() * size.width(), middle.y() - self.center.y() * size.height()), size)

    def to_photo(self, point: QPointF, pane: QRectF) -> QPointF:
        """What of the photograph lies at a point; beyond its sides under 0 or over 1."""
        target = self.target(pane)
        return QPointF((point.x() - target.x()) / target.width(), (point.y() - target.y()) / target.height())

    @property
    def middle(self) -> QPointF:
        """What of the photograph is in the middle of what is in view."""
        return clamped(self.center)

    # zoom and pan

    @property
    def fitting_zoom(self) -> float:
        """That at which the whole photograph is in view."""
        if self._session.opened is None:
            return 1.0
        photo, pane = self._session.opened.photo, self.panes[0]
        room = min((pane.width() - 2 * self._margin) / photo.width, (pane.height() - 2 * self._margin) / photo.height)
        return min(max(room * self._widget.devicePixelRatioF(), 1e-4), 4.0)

    def fit(self) -> None:
        """Show the whole photograph."""
        self.fits, self.center, self.zoom = True, QPointF(0.5, 0.5), self.fitting_zoom

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom so that what is under `at` (the middle by default) stays there."""
        zoom = min(max(zoom, min(1.0, self.fitting_zoom * 0.5, self.zoom)), MAX_ZOOM)  # what is smaller than that, stays so
        pane = self.pane_at(at) if at is not None else None
        if pane is None:
            pane = self.panes[0]
            at = pane.center()
        before = self.to_photo(at, pane)
        self.fits, self.zoom = False, zoom
        self.center += before - self.to_photo(at, pane)
        self.keep_in_view()

    def move(self, by: QPointF) -> bool:
        """Move the photograph, as far as it stays in view; whether it moved."""
        before, size = QPointF(self.center), self.size
        self.center -= QPointF(by.x() / size.width(), by.y() / size.height())
        self.keep_in_view()
        return self.center != before

    def reveal(self, point: QPointF) -> None:
        """Move the photograph so far that a point of it is in view."""
        pane = self.panes[0]
        at, inside = onto(self.target(pane)).map(point), pane.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        self.move(QPointF(min(max(at.x(), inside.left()), inside.right()), min(max(at.y(), inside.top()), inside.bottom())) - at)

    def keep_in_view(self) -> None:
        """Do not let the photograph leave the pane, and centre it along a side on which it fits."""
        size, pane = self.size, self.panes[0]
        for side, room, get, put in (
            (size.width(), pane.width(), self.center.x, self.center.setX),
            (size.height(), pane.height(), self.center.y, self.center.setY),
        ):
            slack = max(0.0, (side + 2 * self._margin - room) / 2 / max(side, 1e-6))
            put(min(max(get(), 0.5 - slack), 0.5 + slack))

    @property
    def _margin(self) -> int:
        """Around a photograph that fits, in widget pixels."""
        return _MARGIN if len(self.samples) < 2 else _GAP

    # before and after

    @property
    def has_split(self) -> bool:
        """Whether the left of the photograph is shown as it was."""
        return self.split is not None

    def split_at(self, share: float) -> None:
        """Put the divider there, or at the edge of the photograph beyond which that is."""
        self.split = min(max(share, 0.0), 1.0)

    def divider(self, pane: QRectF) -> float:
        """The divider's x."""
        target = self.target(pane)
        return target.x() + self.split * target.width()

    def handle(self, pane: QRectF) -> QPointF:
        """The middle of the divider's handle: on the divider, or at the edge of the pane behind which that is."""
        edge = HANDLE + 2
        x = min(max(self.divider(pane), pane.left() + edge), pane.right() - edge)
        return QPointF(x, self.target(pane).intersected(pane).center().y())

    def is_on_divider(self, point: QPointF) -> bool:
        """Whether a press there takes hold of the divider."""
        pane = self.pane_at(point) if self.has_split else None
        return pane is not None and (abs(point.x() - self.divider(pane)) <= _GRIP or QLineF(point, self.handle(pane)).length() <= HANDLE)

    # how sharp it is

    def level(self, width: int, target: QRectF, visible: QRectF) -> int | None:
        """The coarsest level of the photograph that has a pixel for each of the screen, or a coarser one where too much of it is in view.

        None where a preview of this width is as good.
        """
        levels, wanted = self._session.opened.levels, self.zoom * self._session.opened.photo.width / 1.1
        if width >= min(wanted, levels[0].width):
            return None
        finest = max((n for n, level in enumerate(levels) if level.width >= wanted), default=0)
        sets = max(1, len(self.samples)) * (2 if self.has_split else 1)
        for number, level in enumerate(levels[finest:], finest):
            if len(self.bands(number, target, visible)) * BAND_ROWS * level.width * 4 * sets <= BAND_BYTES:
                return number if level.width > width else None
        return None

    def bands(self, level: int, target: QRectF, visible: QRectF) -> range:
        """Which bands of a level are in view."""
        height = self._session.opened.levels[level].height
        scale = target.height() / height
        first = max(0, int((visible.top() - target.top()) / scale))
        last = int(min(height - 1, (visible.bottom() - target.top()) / scale))
        return range(first // BAND_ROWS, last // BAND_ROWS + 1)


def onto(target: QRectF) -> QTransform:
    """From the photograph to the widget, where it lies there."""
    return QTransform.fromTranslate(target.x(), target.y()).scale(target.width(), target.height())


def clamped(point: QPointF) -> QPointF:
    """A point of the photograph, moved into it."""
    return QPointF(min(max(point.x(), 0.0), 1.0), min(max(point.y(), 0.0), 1.0))


def pixel(point: QPointF, height: int, width: int) -> tuple[int, int]:
    """The row and column of a (height, width) plane in which a point of the photograph lies."""
    return min(max(int(point.y() * height), 0), height - 1), min(max(int(point.x() * width), 0), width - 1)
