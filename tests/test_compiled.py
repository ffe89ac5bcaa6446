"""What compiled loops share does as PyTorch does."""

import ast
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import numba
import numpy as np
import pytest
import torch

import picgui
from picgui import color, compiled
from picgui.compiled import Loop, colors, compiled_within, exp, warm_up_in_background
from picgui.paths import cache_dir


def lab_colors(number=4000):
    generator = np.random.default_rng(0)
    ranges = ((0, 100), (-100, 100), (-100, 100))
    return np.stack([generator.uniform(*r, number) for r in ranges]).astype(np.float32)


@pytest.mark.parametrize("kind", [np.float32, float], ids=["compiled", "python"])
def test_the_gamut_of_one_colour_is_that_of_color(kind):
    _, in_gamut = colors(kind, compiled_within if kind is np.float32 else lambda function: function)
    lab = lab_colors()
    expected = color.in_gamut(torch.from_numpy(lab)[:, :, None])[:, 0].numpy()
    found = np.array([in_gamut(*map(kind, (*colour, color.GAMUT_SLACK))) for colour in lab.T])
    assert (found != expected).mean() < 1e-3 and 0.05 < expected.mean() < 0.9


@pytest.mark.parametrize("kind", [np.float32, float], ids=["compiled", "python"])
def test_the_light_of_one_colour_is_that_of_color(kind):
    lab_to_linear_rgb, _ = colors(kind, compiled_within if kind is np.float32 else lambda function: function)
    lab = lab_colors()
    expected = color.lab_to_linear_rgb(torch.from_numpy(lab)[:, :, None])[:, :, 0].numpy()
    found = np.array([lab_to_linear_rgb(*map(kind, one)) for one in lab.T]).T
    assert np.abs(found - expected).max() < 2e-6 * np.abs(expected).max() and expected.min() < -0.1


def test_the_exponential_is_one():
    x = np.linspace(-86, 86, 5000, dtype=np.float32)
    found, expected = np.array([exp(one) for one in x]), np.exp(x.astype(np.float64))
    assert np.abs(found / expected - 1).max() < 3e-7
    assert exp(np.float32(-1000)) < 1e-37 and exp(np.float32(0)) == 1


def test_picgui_works_where_nothing_compiled_can_be_kept(monkeypatch):
    def nowhere(**flags):
        raise RuntimeError("cannot cache function '_can_keep': no locator available")

    assert compiled._can_keep()
    with monkeypatch.context() as patch:
        patch.setattr(compiled.numba, "njit", nowhere)
        assert not compiled._can_keep()
    monkeypatch.setattr(compiled, "_CAN_KEEP", False)
    exponential = compiled.compiled(exp.py_func)
    assert exponential(np.float32(0)) == 1 and not exponential.stats.cache_path


def test_on_windows_what_is_compiled_is_kept_elsewhere_where_nothing_can_be_written(tmp_path, monkeypatch):
    config = SimpleNamespace(CACHE_DIR="")
    monkeypatch.setattr(compiled.numba, "config", config)
    monkeypatch.setattr(compiled, "os", SimpleNamespace(name="nt"))
    compiled._keep_elsewhere(tmp_path)
    assert not config.CACHE_DIR and not list(tmp_path.iterdir())
    compiled._keep_elsewhere(tmp_path / "not there")
    assert config.CACHE_DIR == str(cache_dir() / "numba")


@pytest.mark.parametrize("failing", ["save", "load"])
def test_a_full_disk_or_a_damaged_cache_only_costs_time(failing, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device") if failing == "save" else EOFError("Ran out of input")

    monkeypatch.setattr(numba.core.caching.IndexDataCacheFile, failing, fails)
    for exponential in (compiled.compiled(exp.py_func), compiled.compiled(exp.py_func)):
        assert exponential(np.float32(0)) == 1 and len(exponential.signatures) == 1


def test_a_loop_is_compiled_anew_when_a_file_changes_of_which_others_are_made(tmp_path, monkeypatch):
    shared = tmp_path / "shared.py"
    shared.write_text("1")
    monkeypatch.setattr(compiled, "_SHARED", [*compiled._SHARED, shared])
    found = []
    for seconds in (1, 1, 2):
        os.utime(shared, (seconds, seconds))
        exponential = compiled.compiled(exp.py_func)
        exponential(np.float32(0))
        found.append(sum(exponential.stats.cache_hits.values()))
    assert found == [0, 1, 0]


def test_every_file_of_which_others_are_made_is_looked_at():
    """What compiled functions, and those that make them, take from our other files."""
    assert all(file.is_file() for file in compiled._SHARED)
    package, looked_at, takers = Path(picgui.__file__).parent, set(), 0
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        sources = {
            alias.asname or alias.name: file
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "picgui"
            for alias in node.names
            for file in [_file_of(package, f"{node.module}.{alias.name}") or _file_of(package, node.module)]
        }
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            decorators = {
                decorator.id
                for node in ast.walk(function)
                if isinstance(node, ast.FunctionDef)
                for decorator in node.decorator_list
                if isinstance(decorator, ast.Name)
            }
            if decorators & {"compiled", "compiled_within", "intrinsic"}:
                takers += 1
                looked_at |= {sources[node.id] for node in ast.walk(function) if isinstance(node, ast.Name) and node.id in sources}
    assert takers > 20 and looked_at <= set(compiled._SHARED), looked_at - set(compiled._SHARED)
    assert looked_at == set(compiled._SHARED), "others would only cost time"


def _file_of(package, module):
    path = package.parent / (module.replace(".", "/") + ".py")
    return path if path.is_file() else None


def test_something_else_serves_while_a_loop_is_compiled_in_the_background(monkeypatch):
    clock, waited = [100.0], []
    may, done, begun = threading.Event(), [], []
    first, second = (Loop(lambda name=name: (may.wait(120), done.append(name)), possible=True, otherwise="") for name in "ab")

    def wait(seconds):
        waited.append(seconds)
        clock[0] += seconds

    with monkeypatch.context() as patch:
        patch.setattr(compiled, "time", SimpleNamespace(monotonic=lambda: clock[0]))
        for loop in (first, second):
            patch.setattr(loop._ready, "wait", wait)
        warm_up_in_background(lambda: begun.append(list(done)), first, second)
        assert not any(loop.is_available() for loop in (first, first, second))
    assert waited == [Loop._PATIENCE, 0, 0] and Loop._PATIENCE > 0, "what is kept would be there soon; it is waited for once"
    may.set()
    assert first._ready.wait(120) and second._ready.wait(120) and first.is_available() and second.is_available()
    assert begun == [[]] and done == ["a", "b"]


def test_loops_are_warmed_up_though_what_comes_first_fails(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    loop = Loop(lambda: None, possible=True, otherwise="")
    warm_up_in_background(lambda: 1 / 0, loop)
    assert loop._ready.wait(120)


def test_nothing_is_compiled_where_that_would_crash():
    """Without instructions for half precision LLVM would abort the whole program."""
    loop = Loop(lambda: pytest.fail("compiled"), possible=False, otherwise="")
    loop.warm_up()
    assert not loop.is_available()


def test_a_loop_is_compiled_once_and_at_its_first_use():
    times = []
    loop = Loop(lambda: times.append(1), possible=True, otherwise="")
    assert loop.is_available() and loop.is_available() and times == [1]
