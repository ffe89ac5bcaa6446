"""Surroundings of every test: no display, few threads, and folders of its own in place of the person's."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the networks of the tests are so small that a second thread only costs

_home = Path(tempfile.mkdtemp(prefix="picgui-tests-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
for _name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):  # read by appdirs and by QSettings on Linux
    os.environ[_name] = str(_home / _name.lower())


@pytest.fixture(autouse=True, scope="module")
def _garbage_is_never_collected_by_a_worker():
    """Closed windows are collected in this thread alone, as `picgui.gui.worker.GarbageCollector` does it in the program."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()


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
