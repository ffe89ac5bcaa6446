"""Who may import whom. The table of floors is the map of the code; a file imports only what stands before it there."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the ground up; within a floor from left to right. A new file gets its place here.
FLOORS = (
    ("picgui.version", "picgui.defaults", "picgui.arguments", "picgui.errors", "picgui.color", "picgui.paths", "picgui.files", "picgui.threads", "picgui.opencv", "picgui.compiled"),
    ("picgui.pic", "picgui.pic.layers", "picgui.pic.mixture", "picgui.pic.network"),
    ("picgui.pic.products", "picgui.pic.convolutions", "picgui.pic.pixel_loop", "picgui.pic.row_phase", "picgui.pic.lanes", "picgui.pic.sampler", "picgui.pic.checkpoint"),
    ("picgui.png", "picgui.exif", "picgui.xmp", "picgui.lightness", "picgui.photo", "picgui.writing", "picgui.upsample"),
    ("picgui.pipeline", "picgui.record", "picgui.batch", "picgui.likelihood"),
    ("picgui", "picgui.cli", "picgui.__main__", "picgui.gui", "picgui.gui.words", "picgui.gui.pace", "picgui.gui.jobs", "picgui.gui.worker"),
    ("picgui.gui.session", "picgui.gui.records", "picgui.gui.pictures", "picgui.gui.studio", "picgui.gui.queue"),
    ("picgui.gui.theme", "picgui.gui.preferences", "picgui.gui.announcing", "picgui.gui.view", "picgui.gui.marking", "picgui.gui.overlay", "picgui.gui.canvas", "picgui.gui.gallery", "picgui.gui.rows", "picgui.gui.slider", "picgui.gui.hints", "picgui.gui.controls", "picgui.gui.panel", "picgui.gui.message", "picgui.gui.welcome", "picgui.gui.batch", "picgui.gui.dialogs"),
    ("picgui.gui.choosing", "picgui.gui.steering", "picgui.gui.measuring", "picgui.gui.opening", "picgui.gui.leafing", "picgui.gui.keeping", "picgui.gui.exporting", "picgui.gui.remedies", "picgui.gui.status", "picgui.gui.main_window", "picgui.gui.app"),
)
ORDER = {module: place for place, module in enumerate(module for floor in FLOORS for module in floor)}
CORE_TOP = ORDER["picgui.pipeline"]

# The command opens the window: inside a function, so that a machine without Qt can still colorize.
LAZY_UPWARD = {("picgui.cli", "picgui.gui.app")}


def modules(package):
    """Dotted name -> path of every Python file of a package."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


PICGUI = modules("picgui")
TRAINING = modules("training")
OURS = set(ORDER) | set(PICGUI) | set(TRAINING)


def imports(source, *, module, is_package=False):
    """What a source imports: pairs (dotted name, whether at the top level), names taken from our packages resolved."""
    package = module if is_package else module.rpartition(".")[0]
    tree = ast.parse(source)
    in_functions = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    found = set()
    for node in ast.walk(tree):
        at_top = id(node) not in in_functions
        if isinstance(node, ast.Import):
            found.update((alias.name, at_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                above = parents[: len(parents) - node.level + 1]
                base = ".".join(above + ([node.module] if node.module else []))
            for alias in node.names:
                child = f"{base}.{alias.name}"
                found.add((child if child in OURS else base, at_top))
    return found


def imports_of(module, path):
    return imports(path.read_text(encoding="utf-8"), module=module, is_package=path.name == "__init__.py")


def importers_of(package):
    """Our modules that import a package (or a part of it), at any level."""
    return {
        module
        for module, path in {**PICGUI, **TRAINING}.items()
        if any(name.split(".")[0] == package for name, _ in imports_of(module, path))
    }


def upward(module, found):
    """The imports of a picgui module that do not stand before it in the table."""
    return sorted(
        name
        for name, at_top in found
        if name in ORDER and ORDER[name] >= ORDER[module] and (at_top or (module, name) not in LAZY_UPWARD)
    )


def test_every_file_has_a_floor_and_every_floor_its_files():
    assert set(PICGUI) == set(ORDER)


@pytest.mark.parametrize("module", sorted(set(PICGUI) & set(ORDER)))
def test_a_file_imports_only_from_below(module):
    assert upward(module, imports_of(module, PICGUI[module])) == []


def test_qt_is_imported_in_the_gui_alone():
    qt = importers_of("PySide6") | importers_of("shiboken6")
    assert qt, "the window imports Qt"
    assert {module for module in qt if not module.startswith("picgui.gui")} == set()


def test_nothing_outside_training_imports_training():
    assert importers_of("training") <= set(TRAINING)


def test_training_imports_the_core_and_no_higher():
    higher = {
        (module, name)
        for module, path in TRAINING.items()
        for name, _ in imports_of(module, path)
        if name in ORDER and ORDER[name] > CORE_TOP and name != "picgui"
    }
    assert higher == set()


def test_only_one_file_imports_opencv():
    assert importers_of("cv2") == {"picgui.opencv"}


def test_only_one_file_imports_appdirs():
    assert importers_of("appdirs") == {"picgui.paths"}


def test_the_library_and_the_command_load_no_qt():
    core = [module for module in ORDER if module in PICGUI and not module.startswith("picgui.gui")] + list(TRAINING)
    names = [module for module in core if not module.endswith("__main__")]
    code = (
        "import importlib, os, sys\n"
        "before = os.environ.get('QT_QPA_PLATFORM_PLUGIN_PATH')\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "assert 'picgui.pipeline' in sys.modules and 'cv2' in sys.modules\n"
        "print([name for name in sys.modules if name.startswith(('PySide6', 'shiboken6'))])\n"
        "assert os.environ.get('QT_QPA_PLATFORM_PLUGIN_PATH') == before\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_no_public_name_is_that_of_a_module():
    code = (
        "import importlib, picgui, types\n"
        "for home in set(picgui._HOMES.values()): importlib.import_module(home)\n"
        "print([n for n in picgui.__all__ if isinstance(getattr(picgui, n), types.ModuleType)])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_import_picgui_alone_loads_no_qt():
    code = "import sys, picgui; print([name for name in sys.modules if name.startswith(('PySide6', 'shiboken6'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_a_model_is_loaded_without_the_compiler_of_pytorch():
    code = "import sys, picgui; picgui.load_model(device='cpu'); print([n for n in ('sympy', 'torch._dynamo') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import picgui.gui.app", {("picgui.gui.app", True)}),
        ("from picgui.pic import network", {("picgui.pic.network", True)}),
        ("from picgui.color import srgb_to_lab", {("picgui.color", True)}),
        ("from . import errors", {("picgui.errors", True)}),
        ("from .pic.network import PIC", {("picgui.pic.network", True)}),
        ("def main():\n    from picgui.gui import app", {("picgui.gui.app", False)}),
        ("if True:\n    import cv2", {("cv2", True)}),
    ],
)
def test_every_way_to_write_an_import_is_seen(source, expected):
    assert imports(source, module="picgui.pipeline") == expected


def test_an_import_from_above_is_noticed():
    assert upward("picgui.color", {("picgui.pipeline", True)}) == ["picgui.pipeline"]
    assert upward("picgui.cli", {("picgui.gui.app", True)}) == ["picgui.gui.app"]
    assert upward("picgui.cli", {("picgui.gui.app", False)}) == []


@pytest.mark.parametrize("package", ["picgui.cli", "training"])
def test_openmp_is_told_how_to_wait_before_pytorch_is_loaded(package):
    code = (
        "import os, sys, builtins; seen = []; load = builtins.__import__\n"
        "def watch(name, *rest, **more):\n"
        "    if name == 'torch' and not seen: seen.append(os.environ.get('GOMP_SPINCOUNT'))\n"
        "    return load(name, *rest, **more)\n"
        f"builtins.__import__ = watch\nimport {package}, picgui.color\nprint(seen)"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "GOMP_"))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300)
    assert done.stdout.strip() == "['1000']", done.stderr
