"""What is shown before there is a photograph."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from picgui.gui import theme
from picgui.gui.rows import in_a_row, label
from picgui.gui.words import literal

_RECENT_SHOWN = 4  # files


class Welcome(QWidget):
    """What is shown before there is a photograph: where to drop one, and other ways to begin."""

    open_wanted = Signal()
    example_wanted = Signal()
    recent_wanted = Signal(object)  # Path

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._area = QFrame(self)  # the order of Tab is that in which widgets get their parents
        self._area.setObjectName("drop")
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        title = label(self.tr("Drop a photograph here"), "title")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text = label(self.tr("Black and white, sepia or faded; JPEG, PNG, TIFF, WebP or BMP.\nYour file is never changed."), "quiet")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open = QPushButton(self.tr("Open…"))
        self.open.setObjectName("primary")
        self.open.clicked.connect(self.open_wanted)
        self.example = QPushButton(self.tr("Try an example"))
        self.example.clicked.connect(self.example_wanted)
        inside = QVBoxLayout(self._area)
        inside.setContentsMargins(48, 36, 48, 36)
        inside.setSpacing(10)
        inside.addWidget(self._picture)
        inside.addWidget(title)
        inside.addWidget(text)
        inside.addSpacing(14)
        inside.addLayout(in_a_row(1, self.open, self.example, 1))
        self._recent_title = label(self.tr("Recent"), "quiet")
        self._recent = tuple(QPushButton(self) for _ in range(_RECENT_SHOWN))
        for button in self._recent:
            button.setObjectName("flat")
            button.clicked.connect(self._recent_clicked)
        self._rows = tuple(in_a_row(1, 1) for _ in self._recent)  # as many as there may be need for
        rows = QVBoxLayout()
        rows.setSpacing(0)
        for row in self._rows:
            rows.addLayout(row)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self._area, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(16)
        column.addWidget(self._recent_title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(rows)
        column.addStretch(1)
        self.show_recent(())
        self.retint()

    def show_recent(self, paths: Sequence[Path]) -> None:
        """Offer the first of these files."""
        self._recent_title.setVisible(bool(paths))
        for button, path in zip_longest(self._recent, paths[: len(self._recent)], fillvalue=""):
            button.setProperty("path", str(path))
            button.setToolTip(str(path))
            button.setVisible(bool(path))
        self._place_recent()

    def _place_recent(self) -> None:
        """The names, their middles left out where they are long, in as few rows as there is room for."""
        room, at, left = self.width() - 32, -1, 0
        for button in self._recent:
            for row in self._rows:
                row.removeWidget(button)
        for button in filter(lambda one: one.property("path"), self._recent):
            button.ensurePolished()
            metrics = button.fontMetrics()
            longest = min(room - 32, 28 * metrics.averageCharWidth())
            button.setText(literal(metrics.elidedText(Path(button.property("path")).name, Qt.TextElideMode.ElideMiddle, longest)))
            width = button.sizeHint().width() + 8
            if width > left:
                at, left = at + 1, room
            self._rows[at].insertWidget(self._rows[at].count() - 1, button)
            left -= width

    def resizeEvent(self, event) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place_recent()

    def changeEvent(self, event) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._place_recent()

    @Slot()
    def _recent_clicked(self) -> None:
        self.recent_wanted.emit(Path(self.sender().property("path")))

    def show_drag(self, over: bool) -> None:
        """Whether something is held over the window that can be dropped."""
        self._area.setProperty("over", over)
        self._area.style().unpolish(self._area)
        self._area.style().polish(self._area)

    def retint(self) -> None:
        """Follow a change of the theme."""
        self._picture.setPixmap(theme.icon("photo", theme.current().quiet).pixmap(64, 64))
