"""The start of the window."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from picgui.gui import theme
from picgui.gui.main_window import MainWindow

_NO_DISPLAY = "picgui: There is no display to open a window on. To colorize without one, use: picgui colorize PHOTO"


def main(paths: Sequence[Path] = (), *, checkpoint: Path | None = None, device: str | None = None) -> int:
    """Open the window, with a photograph if one is given, and return the exit status when it is closed."""
    if not _has_display():
        print(_NO_DISPLAY, file=sys.stderr)
        return 1
    application = QApplication.instance() or QApplication(["picgui"])
    dress(application)
    window = MainWindow(checkpoint=checkpoint, device=device)
    window.show()
    if paths:
        window.open(Path(paths[0]))
    signal.signal(signal.SIGINT, lambda *_: window.close())
    awake = QTimer(interval=500)  # lets Python see Ctrl+C
    awake.timeout.connect(_nothing)
    awake.start()
    return application.exec()


def dress(application: QApplication) -> None:
    """Name, icon, style and colours of the application."""
    application.setApplicationName("picgui")
    application.setApplicationDisplayName("picgui")
    application.setDesktopFileName("picgui")
    application.setStyle("Fusion")
    application.setWindowIcon(theme.application_icon())
    theme.apply(application)


def _nothing() -> None:
    pass


def _has_display() -> bool:
    """Whether a window can be opened. Qt would end the process where it cannot."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] not in ("", "xcb", "wayland"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
