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
        samples = lambda: window.session.samples  # noqa: B023, E731
        wait_until(application, lambda: bool(samples()) and samples()[0].rows * 3 >= samples()[0].chroma.shape[1] and window.pictures.composed_rows(samples()[0]) > 8)
        if scheme == "dark":
            wait_until(application, lambda: False, seconds=0.1)
            window.grab().save(str(folder / "streaming-dark.png"))
        wait_until(application, lambda: all(s.is_complete for s in samples()) and window.studio.activity is Activity.IDLE)
        wait_until(application, lambda: False, seconds=1.5)  # the last pictures are composed
        window.grab().save(str(folder / f"window-{scheme}.png"))
        window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else resource("screenshots"))
