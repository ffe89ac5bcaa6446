"""What tests of the window do with it and see of it."""

import numpy as np
from PySide6.QtCore import QCoreApplication, QItemSelectionModel, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from picgui.gui import records
from picgui.gui.studio import Activity
from picgui.paths import data_dir

WAIT = 120_000  # milliseconds, on a machine that has much else to do


def is_done(window):
    samples = window.session.samples
    return bool(samples) and window.studio.activity is Activity.IDLE and all(s.is_complete for s in samples)


def own_colors_are_known(window):
    """Whether the colours with which the photograph came were read, or it has none."""
    if window.studio._looked_at is not window.session.opened or window.studio._measurer.is_busy():
        return False
    QCoreApplication.processEvents()  # they may be on their way
    return True


def kept_file(window):
    """The session file in which a window keeps what is being worked on."""
    return window.keeping.recovery._own.path


def crash(window):
    """Let what a window kept be of a program that is gone, as after a crash."""
    window.keeping.recovery._own.lock.unlock()
    window.keeping.recovery = window.opening._recovery = records.Recovery(data_dir())


def look_into_the_file_menu(window):
    """Open the menu of files, which is filled then."""
    window.menuBar().actions()[0].menu().aboutToShow.emit()


def pinned_places(record):
    """Which of the samples of a record are pinned."""
    return [place for place, sample in enumerate(record.state.samples) if sample.number in record.state.pinned]


def drop(window, path, *, keys=Qt.KeyboardModifier.NoModifier):
    """Drop a file; returns what is done with it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, keys)
    window.dropEvent(event)
    return event.dropAction()


def as_pixels(image):
    """An image as (height, width, 3), red first."""
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)[..., 2::-1].astype(int)


def colours(image):
    """How far the pixels of an image are from grey, on average."""
    return np.ptp(as_pixels(image), axis=2).mean()


def photos(batch):
    """The photographs of the window of a queue."""
    return [batch.queue.path(row) for row in range(batch.queue.rowCount())]


def states(batch):
    """Where they are."""
    return [batch.queue.state(row) for row in range(batch.queue.rowCount())]


def choose_row(batch, row):
    """Choose one of them, too."""
    flags = QItemSelectionModel.SelectionFlag
    batch.list.selectionModel().select(batch.queue.index(row, 0), flags.Select | flags.Rows)
