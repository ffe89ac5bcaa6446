"""Speed of everything between opening a photograph and its finished colours, in one run.

Unit U is one full forward pass of f, one sample, one thread, float32, at 32 x 32 chroma with the paper's 160 channels and 4 blocks. Times are the
best of several interleaved repetitions: what the machine can do, least disturbed by what else runs on it.
"""

import platform
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from picgui import defaults
from picgui.photo import photo_from_rgb, read_photo
from picgui.pic import mixture, pixel_loop, sampler
from picgui.pic.layers import fold, initialize_from_data, weight_norm_convolutions
from picgui.pic.network import CONFIGS, PixelCNN, past_planes
from picgui.pipeline import LOOPS, Model, embed, sample_rows
from picgui.threads import using_threads
from picgui.upsample import compose

REPETITIONS = 5
REUSES = 50
SIZE = 32  # chroma pixels
_MEGAPIXELS_12 = (3000, 4000)
_MEGAPIXELS_100 = (8660, 11547)


def benchmark(model: Model) -> dict[str, object]:
    """All figures: those of the paper-size f with 2x3 / 2x2 kernels, the same for 3x3 under ``kernel_3x3``, and of ``model``.

    Times are in seconds, ``*_units`` in U, memory in MiB.
    """
    for loop in LOOPS:
        loop.warm_up()
    figures: dict[str, object] = {"machine": _machine(), "threads": torch.get_num_threads()}
    figures |= _machine_limits()
    figures |= sampler_figures((2, 3), (2, 2), figures)
    figures["kernel_3x3"] = sampler_figures((3, 3), (3, 3), figures)
    figures |= whole_way(model)
    figures["peak_memory_mb"] = _peak_memory()
    return figures


def _machine() -> str:
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{name}, {torch.get_num_threads()} threads, {platform.system()}, PyTorch {torch.__version__}"


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best_of(works: dict[object, Callable[[], object]], repetitions: int = REPETITIONS) -> dict[object, float]:
    """The shortest time of each of several pieces of work, run in turns."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(repetitions):
        for name, work in works.items():
            best[name] = min(best[name], _seconds(work))
    return best


def _machine_limits() -> dict[str, float]:
    """What one core can multiply, and stream from memory and from the cache that holds the weights of a row's pixels.

    Multiplying by MKL's product of matrices and by oneDNN's convolution: on AMD's processors the former leaves half of their vectors.
    """
    a, b = torch.randn(2, 1536, 1536).unbind(0)
    pixels, kernels = (torch.randn(*shape).contiguous(memory_format=torch.channels_last) for shape in ((2, 256, 32, 32), (256, 256, 3, 3)))
    block = torch.randn(32, 1024, 1024)  # 128 MiB: larger than most caches
    weights = torch.randn(620_000)  # as many bytes as the sequential weights of the paper-size f in half precision
    with using_threads(1):
        times = best_of(
            {
                "multiply": lambda: a @ b,
                "convolve": lambda: F.conv2d(pixels, kernels, padding=1),
                "stream": block.sum,
                "cached": lambda: [weights.sum() for _ in range(REUSES)],
            }
        )
    return {
        "peak_gflops_one_thread": max(2 * 1536**3 / times["multiply"], 2 * kernels.numel() * 2 * 32**2 / times["convolve"]) / 1e9,
        "bandwidth_gb_per_second": block.numel() * 4 / times["stream"] / 1e9,
        "cache_bandwidth_gb_per_second": REUSES * weights.numel() * 4 / times["cached"] / 1e9,
    }


def paper_size(vertical: tuple[int, int], horizontal: tuple[int, int]) -> PixelCNN:
    """f with the paper's 160 channels and 4 blocks, on a 256-channel embedding, as a training begins, but folded and rounded to half precision.

    What it draws is where chroma is, so few draws miss sRGB, as with a network that was trained.
    """
    torch.manual_seed(0)
    config = replace(CONFIGS["cifar10"], vertical_kernel=vertical, horizontal_kernel=horizontal)
    pixel_cnn = PixelCNN(config)
    embedding, luminance = _inputs(pixel_cnn, SIZE)
    past = past_planes(luminance, mixture.snap(0.1 * torch.randn(1, 2, SIZE, SIZE)))
    initialize_from_data(pixel_cnn, lambda: pixel_cnn(past, embedding))
    mixture.center(pixel_cnn.out.bias)
    for convolution in weight_norm_convolutions(pixel_cnn).values():
        convolution.set_weight(convolution.weight().half().float())
    return fold(pixel_cnn)


def _inputs(pixel_cnn: PixelCNN, size: int) -> tuple[Tensor, Tensor]:
    embedding = pixel_cnn.u_blocks[0].condition.v.shape[1] // 2
    generator = torch.Generator().manual_seed(0)
    return torch.randn(1, embedding, size, size, generator=generator), torch.rand(1, 1, size, size, generator=generator) - 0.5


def sampler_figures(vertical: tuple[int, int], horizontal: tuple[int, int], limits: dict) -> dict[str, float]:
    """U, and sampling in units of it: without caches (extrapolated from 8 passes really run), PyTorch, compiled, floor."""
    f = paper_size(vertical, horizontal)
    embedding, luminance = _inputs(f, SIZE)
    large = _inputs(f, 2 * SIZE)
    chroma = torch.zeros(1, 2, SIZE, SIZE)

    @torch.inference_mode()
    def forward() -> None:
        f(past_planes(luminance, chroma), embedding)

    def draw(number: int, inputs: tuple[Tensor, Tensor] = (embedding, luminance)) -> None:
        for _ in sampler.sample_rows(f, *inputs, seeds=range(number)):
            pass

    def draw_in_pytorch() -> None:
        with _without_compiled():
            draw(1)

    with using_threads(1):
        times = best_of({"unit": forward, "one": lambda: draw(1), "torch": draw_in_pytorch}, 2 * REPETITIONS)
        times |= best_of({"naive": lambda: [forward() for _ in range(8)]}, 2)
        unit = times["unit"]
    times |= best_of({"eight": lambda: draw(8), "large": lambda: draw(1, large)})
    figures = {
        "unit_seconds": unit,
        "naive_units": times["naive"] / 8 * SIZE * SIZE / unit,
        "torch_units": times["torch"] / unit,
        "fast_units": times["one"] / unit,
        "fast_units_8_samples": times["eight"] / unit,
        "fast_units_64x64": times["large"] / unit,
        "floor_units": floor_seconds(f, limits) / unit,
    }
    return figures


@contextmanager
def _without_compiled():
    available = pixel_loop.LOOP.is_available
    pixel_loop.LOOP.is_available = lambda: False
    try:
        yield
    finally:
        pixel_loop.LOOP.is_available = available


def floor_seconds(f: PixelCNN, limits: dict) -> float:
    """What one sample takes at least: its row products at the machine's peak, those of vertical kernels that are three wide by Winograd's F(4, 3),
    plus its own row's weights, in half precision, streamed once a pixel from the cache that holds them."""
    sequential = f.out.v.numel()
    total = sum(p.v.numel() for p in f.modules() if hasattr(p, "v"))
    for block in f.ul_blocks:
        for convolution in (block.first, block.gate):
            sequential += convolution.v[:, :, -1].numel()
    channels = len(f.u_input.bias)
    once = sum(block.condition.v.numel() for block in f.u_blocks)  # the embedding's terms are made once a photo
    once += sum(block.condition.v[:, 2 * channels :].numel() for block in f.ul_blocks)
    wide = [p.v for block in f.u_blocks for p in (block.first, block.gate) if p.v.shape[3] == 3]
    spared = sum(v.numel() for v in wide) / 2  # six products in place of twelve
    pixels = SIZE * SIZE
    products = 2 * (total - sequential - once - spared) * pixels / (limits["peak_gflops_one_thread"] * 1e9)
    return products + 2 * sequential * pixels / (limits["cache_bandwidth_gb_per_second"] * 1e9)


def whole_way(model: Model) -> dict[str, float]:
    """A 12-megapixel JPEG to its first colour (g^w's draft on a screen-sized picture), to four samples, and to full size."""
    generator = np.random.default_rng(0)
    small = Image.fromarray(generator.integers(40, 215, (30, 40), dtype=np.uint8))
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.jpg"
        small.resize(_MEGAPIXELS_12[::-1], Image.Resampling.BICUBIC).save(path, quality=92)

        def first_colour() -> None:
            photo = read_photo(path)
            preview = photo.resized(1400)
            compose(preview, embed(photo, model).draft)

        figures["first_colour_seconds"] = best_of({"x": first_colour}, 3)["x"]
        photo = read_photo(path)
    embedded = embed(photo, model)
    as_in_the_window = {"seeds": range(4), "temperature": defaults.TEMPERATURE, "candidates": defaults.CANDIDATES}
    times = best_of(
        {
            "embedding_seconds": lambda: embed(photo, model),
            "four_rows": lambda: [None for _ in sample_rows(embedded, model, **as_in_the_window)],
        },
        3,
    )
    figures["embedding_seconds"] = times["embedding_seconds"]
    figures["four_samples_seconds"] = times["embedding_seconds"] + times["four_rows"]
    # a photograph that is none of those before: what `compose` keeps of one would make the others faster
    figures["compose_12mp_seconds"] = best_of({"x": lambda: compose(replace(photo), embedded.draft)}, 3)["x"]
    before = _peak_memory()
    large = photo_from_rgb(np.full(_MEGAPIXELS_100, 120, np.uint8))
    figures["compose_100mp_seconds"] = _seconds(lambda: compose(large, embedded.draft))
    figures["compose_100mp_added_memory_mb"] = max(_peak_memory() - before, 0.0)
    return figures


def _peak_memory() -> float:
    """The most memory this process ever held, MiB; not a number on Windows, which does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024**2


def table(figures: dict[str, object]) -> str:
    """The figures for people."""
    lines = [str(figures["machine"]), ""]
    three = figures["kernel_3x3"]
    names = {
        "unit_seconds": "U: one full forward pass of f, seconds",
        "naive_units": "every pixel by a full pass",
        "torch_units": "cached, PyTorch alone",
        "fast_units": "cached, compiled, one sample",
        "fast_units_8_samples": "8 samples, all threads",
        "fast_units_64x64": "one sample of 64 x 64, all threads",
        "floor_units": "floor of this machine",
    }
    lines.append(f"{'paper-size f, 32 x 32, in U':44}{'2x3/2x2':>10}{'3x3':>10}")
    digits = lambda value: float(f"{value:.3g}")  # noqa: E731 - three that count, without an exponent
    lines += [f"{text:44}{digits(figures[key]):10g}{digits(three[key]):10g}" for key, text in names.items()]
    lines += ["", f"{'the checkpoint':44}{'seconds':>10}"]
    for key in (
        "first_colour_seconds",
        "embedding_seconds",
        "four_samples_seconds",
        "compose_12mp_seconds",
        "compose_100mp_seconds",
    ):
        lines.append(f"{key.removesuffix('_seconds').replace('_', ' '):44}{figures[key]:10.3f}")
    lines.append(f"{'peak memory, MiB':44}{figures['peak_memory_mb']:10.0f}")
    return "\n".join(lines)
