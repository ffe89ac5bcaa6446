"""Numbers over the photograph in colours, and their legend."""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QWidget

from picgui.gui import theme
from picgui.gui.words import number

INSET = 12  # of words from the edges of what is in view
_LEGEND_WIDTH = 256  # at least, where there is room
_LEGEND_GAP = 12  # between its words


@dataclass(frozen=True)
class Overlay:
    """Numbers to be laid over the photograph in colours, (h, w), with the ends of their scale."""

    values: np.ndarray
    low: float
    high: float
    low_words: str
    high_words: str
    unit: str

    @property
    def shares(self) -> np.ndarray:
        """Where the values are on the scale, from 0 to 1."""
        return np.clip((self.values - self.low) / (self.high - self.low), 0, 1)

    def paint(self, painter: QPainter, target: QRectF) -> None:
        """Lay them over the photograph, which lies there."""
        height, width = self.values.shape
        pixels = np.ascontiguousarray(theme.scale_colors(self.shares))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(0.72)
        painter.drawImage(target, QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32))
        painter.setOpacity(1.0)

    def legend_box(self, widget: QWidget) -> QRectF:
        """Where the one legend of all panes lies: in a corner of their widget."""
        metrics = widget.fontMetrics()
        needed = self._legend_width(metrics)
        width = min(max(_LEGEND_WIDTH, needed), widget.width() - 2 * INSET)
        lines = 1 if width >= needed else 2
        height = 32 + lines * (metrics.height() + 4)
        return QRectF(widget.width() - INSET - width, widget.height() - INSET - height, width, height)

    def _legend_width(self, metrics: QFontMetrics) -> int:
        """That at which the readout is between the words for the ends of the scale."""
        ends = max(metrics.horizontalAdvance(words) for words in (self.low_words, self.high_words))
        return 24 + 2 * (ends + _LEGEND_GAP) + metrics.horizontalAdvance(f"{number(888.8, 1)} {self.unit}")

    def paint_legend(self, painter: QPainter, widget: QWidget, at: QPointF | None) -> None:
        """Paint the scale in the corner of a widget, with what is read at a point, as shares of the photograph's sides; nothing where that is beside it."""
        box, metrics = self.legend_box(widget), widget.fontMetrics()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 20, 205))
        painter.drawRoundedRect(box, 8, 8)
        bar = QRectF(box.left() + 12, box.top() + 10, box.width() - 24, 12)
        steps = np.ascontiguousarray(theme.scale_colors(np.linspace(0, 1, 64)[None]))
        painter.drawImage(bar, QImage(steps.data, 64, 1, 256, QImage.Format.Format_RGB32))
        words = QRectF(bar.left(), bar.bottom() + 4, bar.width(), metrics.height() + 4)
        painter.setPen(QColor("#f4f4f4"))
        painter.setFont(widget.font())
        beside_bar = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute  # as it is painted, wherever one begins to read
        for where, end in ((Qt.AlignmentFlag.AlignLeft, self.low_words), (Qt.AlignmentFlag.AlignRight, self.high_words)):
            room = int(words.width() - _LEGEND_GAP) // 2
            painter.drawText(words, where | beside_bar, metrics.elidedText(end, Qt.TextElideMode.ElideRight, room))
        if at is not None:
            height, width = self.values.shape
            x, y = math.floor(at.x() * width), math.floor(at.y() * height)
            if 0 <= x < width and 0 <= y < height:
                words.moveBottom(box.bottom() - 6)  # a second line where one is too short
                painter.drawText(words, Qt.AlignmentFlag.AlignCenter, f"{number(self.values[y, x], 1)} {self.unit}")
                mark = bar.left() + self.shares[y, x] * bar.width()
                painter.fillRect(QRectF(mark - 1, bar.top() - 3, 2, bar.height() + 6), QColor("#ffffff"))
