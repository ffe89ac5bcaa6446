"""The samples as a row of thumbnails: a model over the session, and a view that paints them while they are drawn."""

import math
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QItemSelection, QItemSelectionModel, QMimeData, QModelIndex, QRectF, QSize, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QColor, QDrag, QImage, QMouseEvent, QPainter, QPainterPath, QPen, QPixmap, QPointingDevice
from PySide6.QtWidgets import QAbstractItemView, QListView, QScroller, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from picgui.gui import theme
from picgui.gui.pictures import Pictures
from picgui.gui.session import Sample, Session, beside
from picgui.gui.words import number, what_a_seed_is

SampleRole = Qt.ItemDataRole.UserRole
_PICTURE_HEIGHT = 96
_LONGEST = 4  # how many times as long as the other a side of a thumbnail may be
_PADDING = 7
_LABEL_HEIGHT = 22
_RADIUS = 7


class Order(Enum):
    """How the samples are sorted; the first is best for that."""

    OLDEST = auto()
    NEWEST = auto()
    TYPICALITY = auto()
    COLORFULNESS = auto()


_KEYS = {
    Order.NEWEST: lambda sample: -sample.number,
    Order.TYPICALITY: lambda sample: -sample.typicality if sample.rows else math.inf,  # not known before anything is drawn
    Order.COLORFULNESS: lambda sample: -sample.mean_chroma,
}


class SampleModel(QAbstractListModel):
    """The samples of a session in the order in which they are looked at."""

    def __init__(self, session: Session, pictures: Pictures, parent=None):
        super().__init__(parent)
        self._session, self._pictures = session, pictures
        self._samples: list[Sample] = []
        self._key: Callable[[Sample], float] | None = None  # as the session has them
        session.samples_changed.connect(self._follow)
        session.sample_advanced.connect(self._sample_advanced)
        pictures.thumbnail_changed.connect(self._thumbnail_changed)

    def rowCount(self, parent=QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._samples)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        if not index.isValid() or index.row() >= len(self._samples):
            return None
        sample = self._samples[index.row()]
        if role == SampleRole:
            return sample
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pictures.thumbnail(sample)
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{sample.seed} · {number(sample.temperature, 2)}" if self._session.shares_seed(sample) else str(sample.seed)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.describe(sample)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{self.describe(sample)}\n{what_a_seed_is()}"
        return None

    def sort_by(self, order: Order) -> None:
        """Show the samples in an order, as they are now."""
        self._key = _KEYS.get(order)
        self._follow()

    @property
    def shown(self) -> tuple[Sample, ...]:
        """The samples in the order in which they are shown."""
        return tuple(self._samples)

    @Slot()
    def sort_again(self) -> None:
        """Bring samples that were drawn since into the order."""
        if self._key is not None:
            self._follow()

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def index_of(self, sample: Sample | None) -> QModelIndex:
        """The place of a sample; invalid if it has none."""
        return self.index(self._samples.index(sample)) if sample in self._samples else QModelIndex()

    def describe(self, sample: Sample) -> str:
        """A sample in words: its seed, its temperature where others have that seed, and how it is with it."""
        parts = [self.tr("Seed %1").replace("%1", str(sample.seed))]
        if self._session.shares_seed(sample):
            parts.append(self.tr("temperature %1").replace("%1", number(sample.temperature, 2)))
        if self._session.is_pinned(sample):
            parts.append(self.tr("pinned"))
        if sample.stopped:
            parts.append(self.tr("stopped"))
        elif not sample.is_complete:
            parts.append(self.tr("being drawn"))
        return ", ".join(parts)

    @Slot()
    def _follow(self) -> None:
        """Change as little as possible, so that selection and scrolling stay."""
        wanted = list(self._session.samples)
        if self._key is not None:
            wanted.sort(key=self._key)
        for row in range(len(self._samples) - 1, -1, -1):
            if self._samples[row] not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._samples[row]
                self.endRemoveRows()
        for row, sample in enumerate(wanted):
            if sample not in self._samples:
                self.beginInsertRows(QModelIndex(), row, row)
                self._samples.insert(row, sample)
                self.endInsertRows()
        if self._samples != wanted:
            self._reorder(wanted)
        if self._samples:
            self.dataChanged.emit(self.index(0), self.index(len(self._samples) - 1))

    def _reorder(self, wanted: list[Sample]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        after = [self.index(wanted.index(self._samples[index.row()])) for index in before]
        self._samples = wanted
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    @Slot(object, int, int)
    def _sample_advanced(self, sample: Sample, _first: int, _last: int) -> None:
        index = self.index_of(sample)
        if sample.has_ended and index.isValid():  # before, its thumbnail tells when it shows more
            self.dataChanged.emit(index, index)

    @Slot(int)
    def _thumbnail_changed(self, number: int) -> None:
        for row, sample in enumerate(self._samples):
            if sample.number == number:
                self.dataChanged.emit(self.index(row), self.index(row))


class SampleDelegate(QStyledItemDelegate):
    """Paints one thumbnail with its words, pin and scan line."""

    def __init__(self, session: Session, parent=None):
        super().__init__(parent)
        self._session = session

    def picture_size(self) -> QSize:
        """Of the thumbnails: the photograph's aspect within limits."""
        opened = self._session.opened
        aspect = opened.photo.width / opened.photo.height if opened else 1.0
        return QSize(round(min(max(_PICTURE_HEIGHT * aspect, 72), 208)), _PICTURE_HEIGHT)

    def sizeHint(self, _option, _index) -> QSize:  # noqa: N802
        size = self.picture_size()
        return QSize(size.width() + 2 * _PADDING, size.height() + 2 * _PADDING + _LABEL_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        sample, image = index.data(SampleRole), index.data(Qt.ItemDataRole.DecorationRole)
        if sample is None or image is None:
            return
        colors = theme.current()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        current = sample is self._session.selected
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        cell = QRectF(option.rect).adjusted(2, 2, -2, -2)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.raised if selected else colors.hovered))
            painter.drawRoundedRect(cell, _RADIUS + 3, _RADIUS + 3)
        room = QRectF(option.rect.topLeft(), option.rect.size()).adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING - _LABEL_HEIGHT)
        seen = _seen(image)
        fitted = seen.size().toSize().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        picture = QRectF(0, 0, fitted.width(), fitted.height())
        picture.moveCenter(room.center())
        shape = QPainterPath()
        shape.addRoundedRect(picture, _RADIUS, _RADIUS)
        painter.save()
        painter.setClipPath(shape)
        painter.drawImage(picture, image, seen)
        if not sample.has_ended and sample.rows:
            y = picture.top() + picture.height() * (sample.rows / sample.chroma.shape[1] * image.height() - seen.top()) / seen.height()
            painter.fillRect(QRectF(picture.left(), y - 0.75, picture.width(), 1.5), QColor(colors.accent))
        painter.restore()
        if current or selected:
            painter.setPen(QPen(QColor(colors.accent), 2.5) if current else QPen(QColor(colors.quiet), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(picture.adjusted(-2.5, -2.5, 2.5, 2.5), _RADIUS + 2, _RADIUS + 2)
        if option.state & QStyle.StateFlag.State_HasFocus and option.widget.shows_focus:
            painter.setPen(QPen(QColor(colors.text), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(cell, _RADIUS + 3, _RADIUS + 3)
        label = QRectF(cell.left() + 6, option.rect.bottom() - _LABEL_HEIGHT - 2, cell.width() - 12, _LABEL_HEIGHT)
        pinned = self._session.is_pinned(sample)
        painter.setPen(QColor(colors.text if current else colors.quiet))
        pin = 18 if pinned else 0  # room beside the words, which stay in the middle where there is enough
        text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideMiddle, int(label.width()) - pin)
        half = painter.fontMetrics().horizontalAdvance(text) / 2
        label.moveLeft(label.left() - max(0, half + pin - label.width() / 2))
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
        if pinned:
            spot = QRectF(label.center().x() + half + 5, label.center().y() - 6.5, 13, 13).toRect()
            theme.icon("pinned", colors.accent).paint(painter, spot)
        painter.restore()


def _seen(image: QImage) -> QRectF:
    """What of an image is in its thumbnail: all of it, or the middle of one so long that it would be a hairline."""
    seen = QRectF(0, 0, min(image.width(), _LONGEST * image.height()), min(image.height(), _LONGEST * image.width()))
    seen.moveCenter(QRectF(image.rect()).center())
    return seen


class Gallery(QListView):
    """The row of thumbnails. The current one is on the canvas; more can be selected to compare, pin, delete or export."""

    chosen = Signal(object)  # Sample
    marked_changed = Signal(tuple)  # samples selected together
    menu_wanted = Signal(object)  # global position

    def __init__(self, session: Session, pictures: Pictures, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("gallery")
        self._session = session
        self.shows_focus = False  # where a key brought it
        self.is_keyed = False  # what is being chosen is so by a key
        self._touch: QMouseEvent | None = None  # the press of a finger that has scrolled nothing
        self._seeds: set[int] = set()  # of the samples that were there last
        self._write: Callable[[], list[Path]] | None = None
        self.setDragEnabled(True)
        self.samples = SampleModel(session, pictures, self)
        self.setModel(self.samples)
        self._delegate = SampleDelegate(session, self)
        self.setItemDelegate(self._delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Samples"))
        self.setFixedHeight(_PICTURE_HEIGHT + 2 * _PADDING + _LABEL_HEIGHT + 14)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_for_menu)
        self.selectionModel().selectionChanged.connect(self._selection_changed)
        session.selection_changed.connect(self._follow_selection)
        session.samples_changed.connect(self._follow_samples)
        session.photo_changed.connect(self.doItemsLayout)
        self.samples.layoutChanged.connect(self._bring_into_view, Qt.ConnectionType.QueuedConnection)
        until_loading = QTimer(self, singleShot=True, interval=100)
        until_loading.timeout.connect(self._let_fingers_scroll)
        until_loading.start()

    @Slot()
    def _let_fingers_scroll(self) -> None:
        """PySide looks for the viewport's class among all of Qt's, for 0.15 s once: not when the first colours come, but while the model is loaded."""
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    @Slot()
    def _bring_into_view(self) -> None:
        """The chosen sample, wherever an order put it."""
        self.scrollTo(self.currentIndex())

    @property
    def marked(self) -> tuple[Sample, ...]:
        """The samples selected together, in their order."""
        return tuple(i.data(SampleRole) for i in sorted(self.selectedIndexes(), key=QModelIndex.row))

    def drag_files_with(self, write: Callable[[], list[Path]]) -> None:
        """Let thumbnails be dragged out as the files that `write` makes of the chosen samples."""
        self._write = write

    def startDrag(self, _actions) -> None:  # noqa: N802
        urls = [QUrl.fromLocalFile(str(path)) for path in self._write()] if self._write else []
        if urls:
            data = QMimeData()
            data.setUrls(urls)
            drag = QDrag(self)
            drag.setMimeData(data)
            drag.setPixmap(QPixmap.fromImage(self.currentIndex().data(Qt.ItemDataRole.DecorationRole)).scaledToHeight(72))
            drag.exec(Qt.DropAction.CopyAction)

    def mark(self, samples) -> None:
        """Select these samples together."""
        selection = QItemSelection()
        for sample in samples:
            index = self.samples.index_of(sample)
            selection.select(index, index)
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    @Slot()
    def _follow_samples(self) -> None:
        """Bring what was added into view, from the first on where that is too much, and the selected one in any case. What is drawn again stays where it is."""
        added = [s for s in self.samples.shown if s.seed not in self._seeds]
        self._seeds = {s.seed for s in self.samples.shown}
        for sample in added[-1:] + added[:1]:
            self.scrollTo(self.samples.index_of(sample))
        self._follow_selection()

    @Slot()
    def _follow_selection(self) -> None:
        index = self.samples.index_of(self._session.selected)
        if not index.isValid():
            return
        keep = self.selectionModel().isSelected(index)
        if self.currentIndex() != index or not keep:
            flag = QItemSelectionModel.SelectionFlag.NoUpdate if keep else QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().setCurrentIndex(index, flag)
        self.scrollTo(index)
        self.viewport().update()

    # what a person does; rows that come and go change the current index, too, and choose nothing

    def focusInEvent(self, event) -> None:  # noqa: N802
        self.shows_focus = theme.shows_focus(event.reason(), before=self.shows_focus)
        super().focusInEvent(event)

    def focusOutEvent(self, event) -> None:  # noqa: N802
        self.shows_focus = theme.keeps_focus(event.reason()) and self.shows_focus
        super().focusOutEvent(event)

    def keyPressEvent(self, event) -> None:  # noqa: N802
        self.is_keyed = True
        try:
            before = self.marked
            super().keyPressEvent(event)
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:  # with which the arrows only move
                self.shows_focus = True
                self.viewport().update()
            takes_out = not self.selectionModel().isSelected(self.currentIndex()) and self._session.selected in self.marked
            if self.marked != before and not takes_out:
                self._choose(self.currentIndex())
        finally:
            self.is_keyed = False

    def mousePressEvent(self, event) -> None:  # noqa: N802
        self._touch = event.clone() if _is_of_finger(event) else None
        if self._touch is None:  # else it chooses when it is lifted, and drags nothing out
            self._press(event)

    def _press(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:  # takes one in or out when it is let go
            self._choose(self.indexAt(event.position().toPoint()))

    def mouseMoveEvent(self, event) -> None:  # noqa: N802
        if not _is_of_finger(event):
            super().mouseMoveEvent(event)
        elif QScroller.scroller(self.viewport()).state() is QScroller.State.Dragging:
            self._touch = None

    def mouseReleaseEvent(self, event) -> None:  # noqa: N802
        if _is_of_finger(event):
            if self._touch is None:
                return
            self._press(self._touch)
            self._touch = None
        super().mouseReleaseEvent(event)
        self._choose(self.indexAt(event.position().toPoint()))

    def _choose(self, index: QModelIndex) -> None:
        """Put this one on the canvas, or, where it was taken out of several, one that is still among them."""
        marked, selected = self.marked, self._session.selected
        if self.selectionModel().isSelected(index):
            self.chosen.emit(index.data(SampleRole))
        elif marked and selected not in marked:
            self.chosen.emit(beside(selected, self.samples.shown, marked))
        else:
            self._follow_selection()

    @Slot(QItemSelection, QItemSelection)
    def _selection_changed(self, _selected: QItemSelection, _deselected: QItemSelection) -> None:
        if self._session.selected in self.marked:  # else it is about to be
            self.marked_changed.emit(self.marked)

    @Slot(object)
    def _ask_for_menu(self, position) -> None:
        if self.indexAt(position).isValid():
            self.menu_wanted.emit(self.viewport().mapToGlobal(position))

    def wheelEvent(self, event) -> None:  # noqa: N802
        delta, bar = event.angleDelta(), self.horizontalScrollBar()
        bar.setValue(bar.value() - max(delta.x(), delta.y(), key=abs))
        event.accept()


def _is_of_finger(event: QMouseEvent) -> bool:
    """Whether a finger on the screen stands for the mouse."""
    return event.pointerType() is QPointingDevice.PointerType.Finger
