"""Surroundings of every test: no display, few threads, and folders of its own in place of the person's."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the networks of the tests are so small that a second thread only costs

_home = Path(tempfile.mkdtemp(prefix="picgui-tests-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
for _name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):  # read by appdirs and by QSettings on Linux
    os.environ[_name] = str(_home / _name.lower())
