"""What a training takes of the machine: the precision its convolutions are fastest in, compiled steps, memory that is kept."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial

import torch
import torch.nn.functional as F

from picgui.errors import DataError
from picgui.files import first_line
from training.benchmark import best_of

PRECISIONS = {"bfloat16": torch.bfloat16, "float32": torch.float32}
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's mallopt


def fastest_precision(device: torch.device | str = "cpu") -> torch.dtype:
    """bfloat16 or float32: what a convolution of the networks takes less time in.

    Cards that have bfloat16 are taken to be faster in it. Processors are measured, in 0.1 to 1 s: with matrix units (AMX) or
    products of bfloat16 (as Zen 5 has) it is twice as fast as float32, without them half as fast.
    """
    if torch.device(device).type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    times = _convolution_seconds()
    return min(times, key=times.get)


@torch.inference_mode()
def _convolution_seconds() -> dict[torch.dtype, float]:
    """In turns, as other programs may take the processor from one of them."""
    x, weight = (torch.ones(*shape).contiguous(memory_format=torch.channels_last) for shape in ((8, 128, 32, 32), (128, 128, 3, 3)))
    works = {dtype: partial(F.conv2d, x.to(dtype), weight.to(dtype), padding=1) for dtype in PRECISIONS.values()}
    return best_of(works, 5)


@contextmanager
def fast_products() -> Iterator[None]:
    """In here oneDNN multiplies float32 matrices on the processor in place of MKL, where it rounds no more: on AMD's in half the time.

    PyTorch leaves them to it where it may round to bfloat16, which it does only with matrix units (AMX): there nothing changes.
    """
    if not _onednn_is_exact():
        yield
        return
    products = torch.backends.mkldnn.matmul
    before, products.fp32_precision = products.fp32_precision, "bf16"
    try:
        yield
    finally:
        products.fp32_precision = before


@cache
def _onednn_is_exact() -> bool:
    """Whether a product that may round to bfloat16 is as exact as one that may not; False where PyTorch (before 2.9) has no such choice."""
    products = getattr(torch.backends.mkldnn, "matmul", None)
    if products is None:
        return False
    x = torch.rand(256, 256, generator=torch.Generator().manual_seed(0)) - 0.5
    exact, before = x.double() @ x.double(), products.fp32_precision
    try:
        products.fp32_precision = "bf16"
        return (x @ x - exact).abs().max().item() < 1e-5
    except RuntimeError:  # a processor for which oneDNN was not built
        return False
    finally:
        products.fp32_precision = before


def check_compiler(device: torch.device | str = "cpu") -> None:
    """Raises DataError where `torch.compile` does not work for a device, as without a C++ compiler."""
    try:
        torch.compile(torch.neg)(torch.ones(2, device=device))
    except Exception as error:  # many kinds, by what is missing
        raise DataError(
            f"PyTorch cannot compile on this machine: {first_line(error)}. It needs a C++ compiler (such as g++), for a card Triton too; or train without --compile."
        ) from error


def keep_memory() -> None:
    """Let freed memory be used again, and not given back to the system and taken anew at every step; glibc only, else nothing."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
