"""Measure the window: ``python scripts/window_times.py [PHOTOGRAPH ...]``, by default the example, on a display (or under xvfb-run).

For each photograph the seconds from opening it to grey, to the first colour and to a finished gallery, then of a Resample; and the longest time for
which the window did not answer meanwhile. NUMBA_CACHE_DIR set to an empty folder measures a very first start.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from picgui.compiled import warm_up_in_background
from picgui.gui import jobs
from picgui.gui.app import dress
from picgui.gui.main_window import MainWindow
from picgui.paths import example_photo
from picgui.pipeline import LOOPS


def main(photographs: list[Path]) -> None:
    """Print a line for each photograph."""
    application = QApplication(["picgui"])
    dress(application)
    warm_up_in_background(jobs.warm_up, *LOOPS)
    window = MainWindow(settings=QSettings(str(Path(tempfile.mkdtemp()) / "settings.ini"), QSettings.Format.IniFormat))
    window.resize(1280, 832)
    window.show()
    session, colored, longest = window.session, [], 0.0
    window.pictures.preview_changed.connect(colored.append)

    def seconds_until(condition: Callable[[], object], started: float) -> float:
        nonlocal longest
        while not condition():
            before = time.perf_counter()
            application.processEvents()
            longest = max(longest, time.perf_counter() - before)
            time.sleep(0.005)
        return time.perf_counter() - started

    def is_finished() -> bool:
        return bool(session.samples) and all(sample.is_complete for sample in session.samples)

    seconds_until(lambda: window.studio.model is not None, 0)
    for photograph in photographs:
        before, started, longest = session.opened, time.perf_counter(), 0.0
        window.open(photograph)
        grey = seconds_until(lambda: session.opened is not before, started)
        colored.clear()
        first = seconds_until(lambda: colored, started)
        gallery = seconds_until(is_finished, started)
        started = time.perf_counter()
        session.resample()
        again = seconds_until(is_finished, started)
        seconds_until(lambda: time.perf_counter() > started + again + 1, started)  # what is composed last is looked at
        session.undo_stack.setClean()  # else it would be offered at the next start
        print(
            f"{photograph.name}: grey {grey:.2f} s, first colour {first:.2f} s, gallery of {len(session.samples)} {gallery:.2f} s; "
            f"resampled in {again:.2f} s; longest pause {longest:.3f} s"
        )
    window.close()


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]] or [example_photo()] * 3)
