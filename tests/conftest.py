"""Surroundings of every test: no display, few threads, and folders of its own in place of the person's."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

import appdirs
import pytest
from PySide6.QtCore import QLocale

os.environ["QT_QPA_PLATFORM"] = "offscreen"
QLocale.setDefault(QLocale.c())  # numbers as the tests write them, whatever the person's language
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the networks of the tests are so small that a second thread only costs

_home = Path(tempfile.mkdtemp(prefix="picgui-tests-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
for _kind in ("data", "config", "cache"):
    os.environ[f"XDG_{_kind.upper()}_HOME"] = str(_home / _kind)  # for other processes, and for QSettings, on Linux
    setattr(appdirs, f"user_{_kind}_dir", lambda *_, _folder=str(_home / _kind / "picgui"), **__: _folder)


@pytest.fixture(autouse=True, scope="module")
def _garbage_is_never_collected_by_a_worker():
    """Closed windows are collected in this thread alone, as `picgui.gui.worker.GarbageCollector` does it in the program."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()


@pytest.fixture(autouse=True)
def _nothing_is_left_for_the_next_test():
    """What windows that were closed leave to be offered at the next start, and what was left before."""
    yield
    from picgui.paths import data_dir

    for path in (*data_dir().glob("closed-*"), *data_dir().glob("recovered*")):
        path.unlink()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model on the CPU."""
    from picgui.pipeline import load_model
    from tests.models import checkpoint

    return load_model(checkpoint(tmp_path_factory.mktemp("model")), device="cpu")


@pytest.fixture(scope="module")
def photo():
    """A grey photograph of noise, 90 x 60 pixels."""
    import numpy as np

    from picgui.photo import photo_from_rgb

    return photo_from_rgb(np.random.default_rng(0).integers(0, 255, (60, 90), dtype=np.uint8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """40 training and validation pictures as npz packs, 36 px."""
    from tests.runs import colored_picture, write_pack

    root = tmp_path_factory.mktemp("pictures")
    pictures = [colored_picture(36, 36, seed=s) for s in range(40)]
    write_pack(root / "train-0.npz", pictures[:20])
    write_pack(root / "train-1.npz", pictures[20:32])
    write_pack(root / "val.npz", pictures[32:])
    return root


@pytest.fixture
def config(tmp_path):
    """A tiny training configuration's file."""
    from tests.runs import CONFIG

    path = tmp_path / "tiny.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    """A tiny checkpoint's file."""
    from tests.models import checkpoint

    return checkpoint(tmp_path_factory.mktemp("model"))


@pytest.fixture
def scan(tmp_path):
    """A grey photograph's file, 150 x 100 pixels."""
    import numpy as np

    from picgui.opencv import cv2

    path = tmp_path / "scan.png"
    cv2.imwrite(str(path), cv2.resize(np.random.default_rng(0).integers(40, 200, (6, 9), dtype=np.uint8), (150, 100)))
    return path


@pytest.fixture
def window(qtbot, tmp_path, model_path):
    """The real window with a tiny model, shown."""
    from PySide6.QtCore import QSettings

    from picgui.gui.main_window import MainWindow
    from tests.windows import WAIT

    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(checkpoint=model_path, device="cpu", settings=settings)
    window.resize(1280, 832)  # whatever screen there is
    window.show()
    qtbot.waitUntil(lambda: window.studio.model is not None, timeout=WAIT)
    yield window
    window.close()


@pytest.fixture
def drawn(window, scan, qtbot):
    """The window with a photograph whose samples are drawn."""
    from tests.windows import WAIT, is_done

    window.open(scan)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    return window


@pytest.fixture
def pasted(window, qtbot):
    """The window with a picture that was pasted and whose samples are drawn."""
    import numpy as np

    from picgui.opencv import cv2
    from tests.windows import WAIT, is_done

    window.studio.paste(cv2.resize(np.random.default_rng(3).integers(0, 255, (5, 8, 3), dtype=np.uint8), (80, 50)))
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    return window


@pytest.fixture
def slowly(monkeypatch):
    """Rows come one every 30 ms, so that sampling is still going on when something happens."""
    import time

    from picgui.gui import jobs

    draw = jobs.draw_rows

    def draw_rows(*arguments, **options):
        for row in draw(*arguments, **options):
            time.sleep(0.03)
            yield row

    monkeypatch.setattr(jobs, "draw_rows", draw_rows)


@pytest.fixture
def german(qapp):
    """The program speaks German."""
    from PySide6.QtCore import QTranslator

    from picgui.paths import resource

    translator, before = QTranslator(), QLocale()
    assert translator.load(str(resource("translations/picgui_de.qm")))
    qapp.installTranslator(translator)
    QLocale.setDefault(QLocale("de_DE"))
    yield
    QLocale.setDefault(before)
    qapp.removeTranslator(translator)
