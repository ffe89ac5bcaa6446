"""Choosing the colour of a marked place: likely colours there, and every colour of its luminance."""

import sys

import numpy as np
import torch
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from picgui import color
from picgui.gui import theme
from picgui.gui.rows import in_a_row
from picgui.gui.session import Session
from picgui.gui.slider import ResettableSlider

_PLANE = QSize(220, 128)  # at least: it is as wide as there is room
_EDGE = 3  # places along each side of a pixel of the plane that are looked at: its edge is smooth
_MARGIN = 0.06  # of the plane to each side, so that what marks a colour is seen whole
_TOLD_APART = (40.0, 75.0)  # L* at which hues are; darker and lighter colours are painted so
_SWATCHES = 6  # in a row
_ALIKE = 6.0  # Lab units between colours of which one swatch is enough


class Plane(QWidget):
    """All colours of one luminance; press to choose."""

    chosen = Signal(float, float)  # a, b

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._luminance = 60.0
        self._at = (0.0, 0.0)
        self._box = QRectF(-1, -1, 2, 2)  # of the plane, from left to right in a, from top to bottom in -b
        self._image = QImage()
        self.setMinimumSize(_PLANE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(self.tr("Colours of this luminance"))
        self.setAccessibleDescription(self.tr("The arrow keys move, Enter chooses."))
        self.setToolTip(self.tr("All colours that a place so light or dark can have.\nWhere it is very dark or very light, they are shown so that they can be told apart."))

    def sizeHint(self) -> QSize:  # noqa: N802
        return _PLANE

    def show_color(self, luminance: float, a: float, b: float) -> None:
        """Show the plane of a luminance, and where a colour lies on it."""
        if luminance != self._luminance or self._image.isNull():
            self._luminance = luminance
            self._box = _box(luminance)
            self._image = _plane(luminance, self._box)
        self._at = _within_gamut(luminance, a, b)
        self.update()

    def _point(self) -> QPointF:
        a, b = self._at
        return QPointF((a - self._box.left()) / self._box.width() * self.width(), (-b - self._box.top()) / self._box.height() * self.height())

    def paintEvent(self, _event) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.fillPath(shape, QColor(theme.current().pressed))
        if not self.isEnabled():
            return
        painter.setClipPath(shape)
        painter.drawImage(QRectF(self.rect()), self._image)
        painter.setClipping(False)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.drawPath(shape)
        painter.setBrush(_painted(self._luminance, *self._at))
        for shade, width in (("#000000", 4.0), ("#ffffff", 2.0)):
            painter.setPen(QPen(QColor(shade), width))
            painter.drawEllipse(self._point(), 7, 7)

    def _move_to(self, position: QPointF) -> None:
        a = self._box.left() + position.x() / self.width() * self._box.width()
        b = -self._box.top() - position.y() / self.height() * self._box.height()
        self._at = _within_gamut(self._luminance, a, b)
        self.update()

    def mousePressEvent(self, event) -> None:  # noqa: N802
        self._move_to(event.position())

    def mouseMoveEvent(self, event) -> None:  # noqa: N802
        self._move_to(event.position())

    def mouseReleaseEvent(self, _event) -> None:  # noqa: N802
        self.chosen.emit(*self._at)

    def keyPressEvent(self, event) -> None:  # noqa: N802
        steps = {Qt.Key.Key_Left: (-3, 0), Qt.Key.Key_Right: (3, 0), Qt.Key.Key_Up: (0, 3), Qt.Key.Key_Down: (0, -3)}
        if event.key() in steps:
            da, db = steps[event.key()]
            self._at = _within_gamut(self._luminance, self._at[0] + da, self._at[1] + db)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(*self._at)
        else:
            super().keyPressEvent(event)


class Swatch(QPushButton):
    """One colour to choose."""

    picked = Signal(float, float)  # a, b

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("swatch")
        self.setFixedSize(QSize(30, 26))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves Space to the canvas
        self.setAutoDefault(True)  # Enter presses it
        self.clicked.connect(self._clicked)
        self.show_color(0.0, 0.0, 0.0)

    def show_color(self, luminance: float, a: float, b: float) -> None:
        """Offer a colour of Lab."""
        self._color, self._a, self._b = _painted(luminance, a, b), a, b
        self.setAccessibleName(self.tr("Colour %1").replace("%1", self._color.name()) if a or b else self.tr("Grey"))
        self.setToolTip(self.accessibleName())
        self.update()

    @Slot()
    def _clicked(self) -> None:
        self.picked.emit(self._a, self._b)

    def paintEvent(self, _event) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ringed = self.underMouse() or self.hasFocus()
        colors = theme.current()
        painter.setPen(QPen(QColor(colors.accent if ringed else colors.line), 2 if ringed else 1))
        painter.setBrush(self._color)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 7, 7)


class HintPanel(QWidget):
    """What to do with a marked place. Emits the colour it is to get."""

    color_chosen = Signal(float, float)  # a, b
    brush_changed = Signal(float)  # radius, as a share of the photograph's longer side
    remove_wanted = Signal()  # of the hints in the marked place
    clear_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        title = QLabel(self.tr("Colour hints"))
        title.setObjectName("heading")
        self._advice = QLabel()
        self._advice.setObjectName("quiet")
        self._advice.setWordWrap(True)
        self._advice.setMinimumHeight(4 * self._advice.fontMetrics().lineSpacing() + 4)
        self._advice.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._likely_title, self._given_title = QLabel(self.tr("Likely here")), QLabel(self.tr("Given before"))
        # made once: Tab comes to them where they are seen
        self._swatches, self._grey = [Swatch() for _ in range(_SWATCHES - 1)], Swatch()  # no colour at all, as of a border, is always offered
        self._given = [Swatch() for _ in range(_SWATCHES)]
        for widget in (self._likely_title, self._grey):  # whose room stays, so that the plane does
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
        self._mask: np.ndarray | None = None  # of the marked place
        self.plane = Plane()
        self.plane.chosen.connect(self.color_chosen)
        self.brush = ResettableSlider(low=1, high=15, initial=3, step=1, name=self.tr("Brush"))
        self.brush.valueChanged.connect(self._brush_moved)
        self.remove = QPushButton(self.tr("Remove here"))
        self.remove.setToolTip(self.tr("Remove the hints in the marked place"))
        self.remove.clicked.connect(self.remove_wanted)
        self.clear = QPushButton(self.tr("Clear all"))
        self.clear.setToolTip(self.tr("Remove all hints"))
        self.clear.clicked.connect(self.clear_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (title, self._advice, self._likely_title):
            column.addWidget(widget)
        column.addLayout(self._row_of([*self._swatches, self._grey]))
        column.addWidget(self.plane)
        column.addLayout(in_a_row(QLabel(self.tr("Brush")), self.brush))
        buttons = in_a_row(self.remove, self.clear)
        for place in range(2):
            buttons.setStretch(place, 1)
        column.addLayout(buttons)
        column.addWidget(self._given_title)  # at the end, as it comes with the first colour: nothing moves under the pointer
        column.addLayout(self._row_of(self._given))
        session.hints_changed.connect(self._follow_hints)
        self.show_place(None)

    def _row_of(self, swatches: list[Swatch]) -> QHBoxLayout:
        for swatch in swatches:
            swatch.picked.connect(self.color_chosen)
        return in_a_row(*swatches, 1)

    def show_place(self, mask: np.ndarray | None) -> None:
        """Offer colours for a marked place, (h, w) bool at the resolution of the chroma; None where nothing is marked."""
        marked = mask is not None and self._session.selected is not None
        self._mask, self._luminance = (mask, _luminance_at(self._session, mask)) if marked else (None, 60.0)
        self._offer(self._swatches, self._likely(mask) if marked else [])
        self._offer([self._grey], [(0.0, 0.0)] if marked else [])
        self._likely_title.setVisible(marked)
        self.plane.setEnabled(marked)
        self._follow_hints()
        if not marked:
            self._advice.setText(self.tr("Paint over a place, or use the arrow keys and Enter; then choose its colour. The rest is drawn to fit."))
            return
        control = self.tr("Command") if sys.platform == "darwin" else self.tr("Ctrl")
        self._advice.setText(self.tr("Choose its colour, or take one from the picture: %1 and a click. Shift adds strokes.").replace("%1", control))
        a, b = self._session.colors_of(self._session.selected)[:, mask].mean(axis=1)
        self.plane.show_color(self._luminance, float(a), float(b))

    def _offer(self, swatches: list[Swatch], colors: list[tuple[float, float]]) -> None:
        """Show these colours, at the luminance of the marked place, and no swatch without one."""
        for swatch in swatches[len(colors) :]:
            swatch.hide()
        for swatch, (a, b) in zip(swatches, colors):
            swatch.show_color(self._luminance, a, b)
            swatch.show()

    def take_focus(self) -> None:
        """Let a key choose: among the likely colours, or where there are none on the plane."""
        first = next((swatch for swatch in self._swatches if not swatch.isHidden()), self.plane)
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _likely(self, mask: np.ndarray) -> list[tuple[float, float]]:
        """What the samples and the draft have there, without those that are much alike."""
        found: list[tuple[float, float]] = []
        planes = [self._session.embedded.draft, *(self._session.colors_of(s) for s in self._session.samples)]
        for chroma in planes:
            a, b = (float(value) for value in chroma[:, mask].mean(axis=1))
            if all(np.hypot(a - other_a, b - other_b) > _ALIKE for other_a, other_b in found):
                found.append((a, b))
        return found[: len(self._swatches)]

    @Slot()
    def narrow_brush(self) -> None:
        """Make the brush a step narrower."""
        self.brush.setValue(self.brush.value() - 1)

    @Slot()
    def widen_brush(self) -> None:
        """Make the brush a step wider."""
        self.brush.setValue(self.brush.value() + 1)

    @Slot(int)
    def _brush_moved(self, value: int) -> None:
        self.brush_changed.emit(value / 100)

    def _given_before(self) -> list[tuple[float, float]]:
        """The colours of the hints, that of most pixels first."""
        hints = self._session.hints
        colors, numbers = np.unique(hints.chroma[:, hints.mask], axis=1, return_counts=True)
        return [tuple(map(float, color)) for color in colors.T[np.argsort(-numbers, kind="stable")][:_SWATCHES]]

    @Slot()
    def _follow_hints(self) -> None:
        hints, mask = self._session.hints, self._mask
        can_choose = hints is not None and mask is not None
        self.clear.setEnabled(hints is not None)
        self._offer(self._given, self._given_before() if can_choose else [])
        self._given_title.setVisible(can_choose)
        self.remove.setEnabled(can_choose and hints.mask.shape == mask.shape and bool((hints.mask & mask).any()))


def _luminance_at(session: Session, mask: np.ndarray) -> float:
    """Mean L* of the photograph where a mask at the resolution of the chroma lies."""
    small = session.opened.thumbnail
    rows = np.minimum((np.arange(small.height) + 0.5) * mask.shape[0] / small.height, mask.shape[0] - 1).astype(int)
    columns = np.minimum((np.arange(small.width) + 0.5) * mask.shape[1] / small.width, mask.shape[1] - 1).astype(int)
    inside = mask[np.ix_(rows, columns)]
    return float(np.clip(small.luminance()[inside].mean() if inside.any() else 60.0, 8, 94))


def _lab_plane(luminance: float, box: QRectF, columns: int, rows: int) -> torch.Tensor:
    """Lab colours of a luminance in the middles of the fields of a box: (3, rows, columns)."""
    a = box.left() + box.width() * (torch.arange(columns) + 0.5) / columns
    b = -box.top() - box.height() * (torch.arange(rows) + 0.5) / rows
    b, a = torch.meshgrid(b, a, indexing="ij")
    return torch.stack((torch.full_like(a, luminance), a, b))


def _box(luminance: float) -> QRectF:
    """Where the colours of a luminance lie, from left to right in a, from top to bottom in -b, with a margin."""
    lab = _lab_plane(luminance, QRectF(-130, -130, 260, 260), 260, 260)
    a, b = lab[1:, color.in_gamut(lab)]
    width, height = float(a.max() - a.min()), float(b.max() - b.min())
    return QRectF(float(a.min()), -float(b.max()), width, height).adjusted(-_MARGIN * width, -_MARGIN * height, _MARGIN * width, _MARGIN * height)


def _plane(luminance: float, box: QRectF) -> QImage:
    """The colours of a luminance that sRGB has, painted so that they can be told apart; the rest is transparent."""
    columns, rows = _PLANE.width(), _PLANE.height()
    lab = _lab_plane(_told_apart(luminance), box, columns, rows)
    rgb = color.lab_to_srgb(torch.cat((lab[:1], color.clamp_chroma_to_gamut(lab[:1], lab[1:]))))
    inside = color.in_gamut(_lab_plane(luminance, box, _EDGE * columns, _EDGE * rows)).float()
    alpha = torch.nn.functional.avg_pool2d(inside[None], _EDGE)
    pixels = (torch.cat((rgb, alpha)) * 255).round().to(torch.uint8).movedim(0, -1).contiguous().numpy()
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()


def _told_apart(luminance: float) -> float:
    low, high = _TOLD_APART
    return min(max(luminance, low), high)


def _painted(luminance: float, a: float, b: float) -> QColor:
    """The colour of the screen for one that a place of this luminance can have."""
    return theme.color_of(_told_apart(luminance), *_within_gamut(luminance, a, b))


def _within_gamut(luminance: float, a: float, b: float) -> tuple[float, float]:
    lab = torch.tensor([luminance, a, b], dtype=torch.float64).view(3, 1, 1)
    chroma = color.clamp_chroma_to_gamut(lab[:1], lab[1:]).flatten().tolist()
    return chroma[0], chroma[1]
