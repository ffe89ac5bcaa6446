"""Take the README's screenshots from the real window: python scripts/screenshots.py [FOLDER]. A display is needed (or Xvfb)."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from picgui.gui.app import dress
from picgui.gui.main_window import MainWindow
from picgui.gui.studio import Activity
from picgui.paths import example_photo, resource


def wait_until(application: QApplication, condition: Callable[[], bool], *, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        application.processEvents()
        time.sleep(0.01)


def main(folder: Path) -> None:
    """Write window-light.png, window-dark.png and streaming-dark.png."""
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication(["picgui"])
    dress(application)
    for scheme in ("light", "dark"):
        settings = QSettings(str(Path(tempfile.mkdtemp()) / "settings.ini"), QSettings.Format.IniFormat)
        settings.setValue("scheme", scheme)
        window = MainWindow(settings=settings)
        window.resize(1280, 832)
        window.show()
        window.open(example_photo())
        _settle(application, window)
        window.session.select(window.session.samples[3])  # that of the four which a person would choose
        _settle(application, window)
        window.grab().save(str(folder / f"window-{scheme}.png"))
        if scheme == "dark":
            _grab_streaming(application, window, folder / "streaming-dark.png")
        window.session.undo_stack.setClean()  # else it would be offered at the next start
        window.close()


def _grab_streaming(application: QApplication, window: MainWindow, path: Path) -> None:
    """Take a picture of sixteen samples that are half drawn: so many take long enough."""
    grabbed = []

    def grab(_progress: object) -> None:
        selected = window.session.selected
        if not grabbed and not selected.is_complete and window.pictures.composed_rows(selected) > 8:
            grabbed.append(window.grab())

    window.session.set_sample_count(16)
    _settle(application, window)
    window.studio.progressed.connect(grab)
    while not grabbed:  # how much of a sample is composed while it is drawn differs from time to time
        window.session.resample()
        _settle(application, window)
    grabbed[0].save(str(path))


def _settle(application: QApplication, window: MainWindow) -> None:
    samples = lambda: window.session.samples  # noqa: E731
    wait_until(application, lambda: bool(samples()) and all(s.is_complete for s in samples()) and window.studio.activity is Activity.IDLE)
    wait_until(application, lambda: False, seconds=1.5)  # the last pictures are composed


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else resource("screenshots"))
