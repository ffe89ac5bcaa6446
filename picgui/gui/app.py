"""The start of the window."""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtGui import QColorSpace, QSurfaceFormat
from PySide6.QtWidgets import QApplication

from picgui.cli import ENDS
from picgui.compiled import warm_up_in_background
from picgui.gui import jobs, theme
from picgui.gui.main_window import MainWindow
from picgui.gui.worker import GarbageCollector
from picgui.paths import is_folder, resource
from picgui.pipeline import LOOPS

DESKTOP_ID = "io.github.picgui"  # of the menu entry, its metadata and its icons
_NO_DISPLAY = "There is no display to open a window on. To colorize without one, use: picgui colorize PHOTO"
_NO_CURSOR_LIBRARY = (
    "The library libxcb-cursor0, which Qt needs for a window, is missing. Install it (Debian and Ubuntu: "
    "sudo apt install libxcb-cursor0), or colorize without a window: picgui colorize PHOTO"
)


def main(paths: Sequence[Path] = ()) -> int:
    """Open the window, with a photograph if one is given, and return the exit status when it is closed."""
    display = _Display()
    if display.missing:
        print(f"picgui: {display.missing}", file=sys.stderr)
        return 1
    prepare()
    application = QApplication.instance() or QApplication(["picgui"])
    display.let_go()
    warm_up_in_background(jobs.warm_up, *LOOPS)
    dress(application)
    collector = GarbageCollector(application)
    window = MainWindow()
    window.studio.model_changed.connect(collector.keep, Qt.ConnectionType.SingleShotConnection)
    sys.excepthook = window.remedies.tell_unexpected
    window.show()
    open_at_start(window, [Path(path) for path in paths])
    window.keeping.offer_last()  # now, as whatever is opened withdraws it
    close_on_signals(window)
    return application.exec()


def close_on_signals(window: MainWindow) -> None:
    """Close the window, which first writes what is being exported, where the program is ended from outside, as at a log-out."""
    for number in (signal.SIGINT, *ENDS):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: window.close())  # seen whenever Python runs: the collector lets it, twice a second


def prepare() -> None:
    """What must be so before the first window is made."""
    if sys.platform == "darwin":  # else macOS takes what is painted for colours of the screen, which are more saturated
        surface = QSurfaceFormat.defaultFormat()
        surface.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
        QSurfaceFormat.setDefaultFormat(surface)
    elif sys.platform == "win32":  # else the task bar shows Python's icon
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID(DESKTOP_ID)


def open_at_start(window: MainWindow, paths: Sequence[Path]) -> None:
    """Open what the command names: a file at once; several, or a folder, once the model is loaded, as a queue of them needs it."""
    if len(paths) > 1 or any(is_folder(path) for path in paths):
        window.studio.model_changed.connect(lambda: window.opening.open_many(paths), Qt.ConnectionType.SingleShotConnection)
    elif paths:
        window.open(paths[0])


def dress(application: QApplication) -> None:
    """Name, icon, language, style and colours of the application."""
    application.setApplicationName("picgui")
    application.setApplicationDisplayName("picgui")
    application.setDesktopFileName(DESKTOP_ID)
    application.setStyle("Fusion")
    # Qt's own words, and the direction of writing, only in a language that ours are in, and only in the one preferred most: a list of languages
    # would be searched to its end, though ours without a file, English, came first
    language = QLocale((QLocale().uiLanguages() or ["C"])[0])
    folders = {"picgui": str(resource("translations")), "qtbase": QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)}
    for name, folder in folders.items():
        translator = QTranslator(application)
        if not translator.load(language, name, "_", folder):
            break
        application.installTranslator(translator)
    application.setWindowIcon(theme.application_icon())
    theme.apply(application)


class _Display:
    """A connection to the display, held until Qt has its own: X servers start anew, refusing all, when the last one goes.

    ``missing`` is why no window can be opened, in a sentence; empty where one can. Qt itself would end the process.
    """

    def __init__(self):
        self._xcb = self._connection = None
        self.missing = self._connect()

    def _connect(self) -> str:
        platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
        if sys.platform != "linux" or platform not in ("", "xcb", "wayland"):
            return ""
        if os.environ.get("WAYLAND_DISPLAY") and platform != "xcb":
            return ""
        if not os.environ.get("DISPLAY"):
            return _NO_DISPLAY
        try:
            self._xcb = ctypes.CDLL("libxcb.so.1")
            ctypes.CDLL("libxcb-cursor.so.0")
        except OSError:
            return _NO_CURSOR_LIBRARY
        self._xcb.xcb_connect.restype = ctypes.c_void_p
        self._connection = ctypes.c_void_p(self._xcb.xcb_connect(None, None))
        return _NO_DISPLAY if self._xcb.xcb_connection_has_error(self._connection) else ""

    def let_go(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._xcb.xcb_disconnect(self._connection)
            self._connection = None
