"""What loops that numba compiles share: how and when they are compiled, the exponential, and the colours of `picgui.color`, one at a time."""

import os
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from picgui import color
from picgui.errors import DestinationError
from picgui.paths import cache_dir, check_writable


def _keep_elsewhere(here: Path) -> None:
    """Let numba keep what it compiles in the person's own cache where nothing can be written beside the sources.

    On Windows it would try for hours with Python before 3.13 (CPython issue 66305); elsewhere it finds that place itself.
    """
    if os.name == "nt" and not numba.config.CACHE_DIR:
        try:
            check_writable(here)
        except DestinationError:
            numba.config.CACHE_DIR = str(cache_dir() / "numba")


def _can_keep() -> bool:
    """Whether numba finds a folder to keep in what it compiles."""
    try:
        numba.njit(cache=True)(_can_keep)
    except RuntimeError:
        return False
    return True


# files of which loops in other files are made; numba itself looks at a loop's own alone
_SHARED = [Path(__file__).parent / name for name in ("color.py", "compiled.py", "lightness.py", "pic/mixture.py", "pic/products.py")]
_FLAGS = {"nogil": True, "fastmath": {"nsz"}, "error_model": "numpy"}
_keep_elsewhere(Path(__file__).parent)
_CAN_KEEP = _can_keep()

compiled_within = numba.njit(**_FLAGS)  # for what is kept with those that call it, as what a function makes must be


def compiled(function: Callable) -> Callable:
    """Decorate what numba compiles at its first call, without the interpreter lock, and keeps for the next start while no source of it changes.

    A full disk, or what a crash left there, only makes it compile once more.
    """
    dispatcher = numba.njit(**_FLAGS, cache=_CAN_KEEP)(function)
    cache = dispatcher._cache
    if _CAN_KEEP:
        kept = cache._cache_file
        kept._source_stamp = kept._source_stamp, [(file.stat().st_mtime, file.stat().st_size) for file in _SHARED if file.exists()]
    save, load = cache.save_overload, cache.load_overload

    def save_if_possible(*given):
        with suppress(OSError):
            save(*given)

    def load_if_possible(*given):
        with suppress(Exception):  # pickle raises many kinds
            return load(*given)

    cache.save_overload, cache.load_overload = save_if_possible, load_if_possible
    return dispatcher


class Loop:
    """Whether a loop may be used yet: where it must be compiled first, or cannot be at all, something else serves.

    ``compile`` calls it with little; ``possible`` is False where that would crash; ``otherwise`` tells what it means that it failed.
    """

    _PATIENCE = 2.0  # seconds in which what is compiled is read from where it is kept

    def __init__(self, compile: Callable[[], None], *, possible: bool, otherwise: str):
        self._compile, self._possible, self._otherwise = compile, possible, otherwise
        self._ready, self._lock = threading.Event(), threading.Lock()
        self._expected: float | None = None  # since when

    def warm_up(self) -> None:
        """Compile it, or load it compiled; some ten seconds once on a machine. Call it off the window's thread.

        Where that fails it is not available.
        """
        with self._lock:
            if self._ready.is_set() or not self._possible:
                return
            try:
                self._compile()
            except Exception as error:  # of the compiler, or where it keeps what it compiled
                warnings.warn(f"{self._otherwise}: {error}", stacklevel=1)
                self._possible = False
                return
            self._ready.set()

    def is_available(self) -> bool:
        """Whether it may be used now; waits for the compiler where `warm_up_in_background` was not called."""
        if not self._possible or self._ready.is_set():
            return self._possible
        if self._expected is None:
            self.warm_up()
            return self._possible
        return self._ready.wait(max(0.0, self._expected + self._PATIENCE - time.monotonic()))


def warm_up_in_background(first: Callable[[], None], *loops: Loop) -> None:
    """Begin to warm up loops in a thread, one after the other, after what comes ``first``. Those that must be compiled are not available until that is done."""

    def all_of_it() -> None:
        try:
            first()
        finally:
            for loop in loops:
                loop.warm_up()

    for loop in loops:
        loop._expected = time.monotonic()
    threading.Thread(target=all_of_it, name="picgui-warm-up", daemon=True).start()


@intrinsic
def _fused(typing, x, y, z):
    """x y + z of float32, rounded once: the same bits however the compiler arranges the loop around it."""

    def generate(context, builder, signature, arguments):
        return builder.fma(*arguments)

    return numba.float32(numba.float32, numba.float32, numba.float32), generate


@intrinsic
def _times_power(typing, x, shifted):
    """x 2^n of float32, where ``shifted`` is 1.5 * 2^23 + n: n, in its last bits, is added to the exponent of x."""

    def generate(context, builder, signature, arguments):
        bits, power = (builder.bitcast(argument, ir.IntType(32)) for argument in arguments)
        power = builder.shl(power, ir.Constant(ir.IntType(32), 23))
        return builder.bitcast(builder.add(bits, power), ir.FloatType())

    return numba.float32(numba.float32, numba.float32), generate


@compiled
def exp(x):
    """The exponential of a float32 to two units in the last place, without a branch or a call, so that loops over it become vectors (Cephes' expf)."""
    x = min(max(x, np.float32(-87)), np.float32(87))
    shifted = _fused(x, np.float32(1.44269504), np.float32(12582912))
    n = shifted - np.float32(12582912)
    x = _fused(n, np.float32(-0.693359375), x)
    x = _fused(n, np.float32(2.12194440e-4), x)
    p = _fused(np.float32(1.9875691500e-4), x, np.float32(1.3981999507e-3))
    p = _fused(p, x, np.float32(8.3334519073e-3))
    p = _fused(p, x, np.float32(4.1665795894e-2))
    p = _fused(p, x, np.float32(1.6666665459e-1))
    p = _fused(p, x, np.float32(5.0000001201e-1))
    return _times_power(_fused(p, x * x, x) + np.float32(1), shifted)


def colors(real: type, compiled: Callable[[Callable], Callable]) -> tuple[Callable, Callable]:
    """`lab_to_linear_rgb` and `in_gamut` of `picgui.color` of one colour, in one kind of numbers, ``compiled`` or, for Python, not at all.

    Both take L in [0, 100], a and b; the second a slack, too.
    """
    one = real(1)
    xyz_to_rgb = tuple(tuple(real(x) for x in row) for row in color.XYZ_TO_RGB)
    white_x, white_y, white_z = (real(x) for x in color.WHITE)
    linear_above, linear_shift, linear_slope = (real(x) for x in (0.2068966, 16 / 116, 7.787))
    l_shift, l_scale, a_scale, b_scale = (real(x) for x in (16, 116, 500, 200))
    (red_x, red_y, red_z), (green_x, green_y, green_z), (blue_x, blue_y, blue_z) = xyz_to_rgb

    @compiled
    def decoded(f):
        return f * f * f if f > linear_above else (f - linear_shift) / linear_slope

    @compiled
    def lab_to_linear_rgb(lightness, a, b):
        fy = (lightness + l_shift) / l_scale
        x, y, z = white_x * decoded(fy + a / a_scale), white_y * decoded(fy), white_z * decoded(fy - b / b_scale)
        return (
            red_x * x + red_y * y + red_z * z,
            green_x * x + green_y * y + green_z * z,
            blue_x * x + blue_y * y + blue_z * z,
        )

    @compiled
    def in_gamut(lightness, a, b, slack):
        for light in lab_to_linear_rgb(lightness, a, b):
            if light < -slack or light > one + slack:
                return False
        return True

    return lab_to_linear_rgb, in_gamut
