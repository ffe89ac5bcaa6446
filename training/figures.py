"""The paper's figures, and sheets of any photographs, as PNG, made from a checkpoint by the product's own pipeline.

Figure numbers are those of Royer et al. 2017.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from picgui import color
from picgui.errors import DataError, PhotoError
from picgui.paths import make_folder
from picgui.photo import PHOTO_ENDINGS, Photo, photo_from_rgb, photos_in, read_photo
from picgui.pic import mixture
from picgui.pic.network import within_gamut
from picgui.pipeline import Embedded, Model, colorize, embed
from picgui.upsample import compose
from picgui.writing import write_png
from training.baselines import Baseline, check_comparable
from training.data import report_skipped

TILE = 192  # pixels, the longer side of a picture on a sheet
GAP = 6
CURVE_FILE = "curve.csv"  # in the folder of a run
MARGIN = 18
LABEL = 20
BACKGROUND = (24, 24, 24)
INK = (210, 210, 210)


@dataclass(frozen=True)
class Picture:
    """A photograph to be shown; ``real`` is the original in colour, where there is one."""

    name: str
    photo: Photo
    real: np.ndarray | None  # (H, W, 3) uint8


def photographs(folder: Path, *, limit: int | None = None) -> list[Picture]:
    """The pictures of a folder, read as the product reads them; what cannot be read is told and left out. Raises DataError where there is none."""
    paths = photos_in(Path(folder))[:limit]
    if not paths:
        raise DataError(f"There are no photographs in {folder}.")
    pictures = []
    for path in paths:
        try:
            pictures.append(Picture(path.stem, read_photo(path), None))
        except PhotoError as error:
            report_skipped(path, str(error))
    if not pictures:
        raise DataError(f"None of the photographs in {folder} can be read.")
    return pictures


def originals(images: np.ndarray) -> list[Picture]:
    """Colour pictures (N, S, S, 3) uint8, whose luminance alone will be seen by the model."""
    return [Picture(f"{i}", photo_from_rgb(image), image.copy()) for i, image in enumerate(images)]


# columns: each makes one tile of a picture


def grey(picture: Picture) -> np.ndarray:
    """The photograph without colour, (H, W, 3) uint8."""
    return compose(picture.photo, np.zeros((2, 1, 1), np.float32))


def at_fixed_luminance(chroma: np.ndarray) -> np.ndarray:
    """Chroma (2, h, w) in Lab units alone, at L = 50, as figure 6 shows it: (h, w, 3) uint8."""
    chroma = torch.from_numpy(np.asarray(chroma, np.float32))
    luminance = torch.full((1, *chroma.shape[1:]), 50.0)
    lab = torch.cat((luminance, color.clamp_chroma_to_gamut(luminance, chroma)))
    return (color.lab_to_srgb(lab).movedim(0, -1) * 255 + 0.5).to(torch.uint8).numpy()


def chroma_of_original(picture: Picture, shape: tuple[int, int]) -> np.ndarray:
    """The real chroma (2, h, w) at the model's resolution."""
    lab = color.srgb_to_lab(torch.from_numpy(picture.real).movedim(-1, 0).float()[None] / 255)[:, 1:]
    return torch.nn.functional.adaptive_avg_pool2d(lab, shape)[0].numpy()


@torch.inference_mode()
def _auxiliary(embedded: Embedded, model: Model) -> torch.Tensor:
    return model.network.auxiliary_parameters(embedded.first.embedding)


@torch.inference_mode()
def embedding_mode(embedded: Embedded, model: Model) -> np.ndarray:
    """The MAP of g^w alone (section 4.3) in colours that sRGB has, (2, h, w)."""
    return _within_gamut(color.denormalize_chroma(mixture.mode(_auxiliary(embedded, model))), embedded, model)


@torch.inference_mode()
def independent_samples(embedded: Embedded, model: Model, *, seed: int) -> np.ndarray:
    """Every pixel drawn from g^w's own mixture, independent of all others: figure 1, (2, h, w)."""
    parameters = _auxiliary(embedded, model)
    noise = torch.rand(1, 3, *parameters.shape[2:], generator=torch.Generator().manual_seed(seed))
    return _within_gamut(color.denormalize_chroma(mixture.draw(parameters, noise.to(parameters.device))), embedded, model)


def _within_gamut(chroma: torch.Tensor, embedded: Embedded, model: Model) -> np.ndarray:
    return within_gamut(chroma, embedded.first.luminance, model.chroma_scale)[0].cpu().numpy()


# sheets


def fitted(image: np.ndarray, size: int = TILE) -> Image.Image:
    """An image (H, W, 3) uint8 whose longer side is ``size``."""
    height, width = image.shape[:2]
    scale = size / max(height, width)
    resample = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC
    return Image.fromarray(image).resize((max(1, round(width * scale)), max(1, round(height * scale))), resample)


def sheet(rows: Iterable[Sequence[np.ndarray]], *, columns: Sequence[str]) -> np.ndarray:
    """Rows of images (H, W, 3) uint8 under column titles, as one image."""
    tiles = [[fitted(image) for image in row] for row in rows]
    widths = [max(row[i].width for row in tiles) for i in range(len(columns))]
    heights = [max(tile.height for tile in row) for row in tiles]
    width = 2 * MARGIN + sum(widths) + GAP * (len(widths) - 1)
    height = 2 * MARGIN + LABEL + sum(heights) + GAP * (len(heights) - 1)
    canvas = Image.new("RGB", (width, height), BACKGROUND)
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(size=12)
    x = MARGIN
    for title, column_width in zip(columns, widths):
        draw.text((x, MARGIN - 4), title, fill=INK, font=font)
        x += column_width + GAP
    y = MARGIN + LABEL
    for row, row_height in zip(tiles, heights):
        x = MARGIN
        for tile, column_width in zip(row, widths):
            canvas.paste(tile, (x, y))
            x += column_width + GAP
        y += row_height + GAP
    return np.asarray(canvas)


def samples_sheet(
    pictures: Sequence[Picture], model: Model, *, seeds: Sequence[int], temperature: float = 1.0, candidates: int = 1
) -> np.ndarray:
    """Grey photograph, original where there is one, and samples (figures 3 and 4, and any old photographs)."""
    with_real = all(p.real is not None for p in pictures)
    rows = []
    for picture in pictures:
        samples = colorize(picture.photo, model, seeds=seeds, temperature=temperature, candidates=candidates)
        row = [grey(picture), *([picture.real] if with_real else [])]
        rows.append(row + [compose(picture.photo, sample.chroma) for sample in samples])
    return sheet(rows, columns=["grey", *(["original"] if with_real else []), *(f"seed {s}" for s in seeds)])


def figure_1(pictures: Sequence[Picture], model: Model) -> np.ndarray:
    """Independent pixel samples from g^w are noise; PIC's are coherent."""
    rows = []
    for picture in pictures:
        embedded = embed(picture.photo, model)
        independent = [independent_samples(embedded, model, seed=s) for s in (1, 2)]
        joint = [s.chroma for s in colorize(picture.photo, model, seeds=(1, 2))]
        rows.append([grey(picture), *(compose(picture.photo, c) for c in independent + joint)])
    return sheet(rows, columns=["grey", "independent pixels", "", "PIC", ""])


def figure_5(pictures: Sequence[Picture], model: Model) -> np.ndarray:
    """Failures: of the pictures given, those whose sample is farthest from the original in chroma, beside it."""
    found = []
    for picture in pictures:
        sample = next(colorize(picture.photo, model, seeds=(1,)))
        real = chroma_of_original(picture, sample.chroma.shape[1:])
        found.append((float(np.sqrt(((sample.chroma - real) ** 2).mean())), picture, sample))
    found.sort(key=lambda item: -item[0])
    rows = [[grey(p), p.real, compose(p.photo, s.chroma)] for _, p, s in found[: max(1, len(found) // 8)]]
    return sheet(rows, columns=["grey", "original", "PIC"])


def figure_6(pictures: Sequence[Picture], model: Model, fine_tuned: Baseline | None = None) -> np.ndarray:
    """The expectation and the MAP of g^w alone, the latter of ``fine_tuned`` where it is given, and a PIC sample; chroma at L = 50."""
    rows = []
    for picture in pictures:
        embedded = embed(picture.photo, model)
        map_chroma = fine_tuned.colorize(embedded.first.luminance) if fine_tuned else embedding_mode(embedded, model)
        sample = next(colorize(picture.photo, model, seeds=(1,)))
        rows.append(
            [
                grey(picture),
                compose(picture.photo, embedded.draft),
                compose(picture.photo, map_chroma),
                at_fixed_luminance(map_chroma),
                compose(picture.photo, sample.chroma),
                at_fixed_luminance(sample.chroma),
            ]
        )
    return sheet(rows, columns=["grey", "g^w alone, mean", f"g^w {'fine-tuned' if fine_tuned else 'alone'}, MAP", "its chroma", "PIC", "its chroma"])


def figure_7(
    pictures: Sequence[Picture],
    model: Model,
    *,
    temperature: float = 1.0,
    candidates: int = 1,
    baselines: Mapping[str, Baseline] = {},
    others: Sequence[Path] = (),
) -> np.ndarray:
    """PIC beside baselines and other programs' results: each a folder holding ``<name>.png`` (or .jpg) of the same pictures."""
    rows = []
    for picture in pictures:
        luminance = embed(picture.photo, model).first.luminance
        answers = [compose(picture.photo, baseline.colorize(luminance)) for baseline in baselines.values()]
        answers += [other_result(folder, picture.name) for folder in others]
        samples = colorize(picture.photo, model, seeds=(1, 2), temperature=temperature, candidates=candidates)
        rows.append([grey(picture), *answers, *(compose(picture.photo, s.chroma) for s in samples)])
    return sheet(rows, columns=["grey", *baselines, *(folder.name for folder in others), "PIC", "PIC"])


def other_result(folder: Path, name: str, *, size: int | None = None) -> np.ndarray:
    """Another program's picture (H, W, 3) uint8. Raises DataError where there is none or it is not ``size`` pixels wide and high."""
    for ending in PHOTO_ENDINGS:
        path = folder / f"{name}{ending}"
        if path.exists():
            break
    else:
        raise DataError(f"{folder} has no picture named {name}.")
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises almost anything on damaged data
        raise DataError(f"{path} cannot be read: {error}.") from error
    if size and pixels.shape != (size, size, 3):
        raise DataError(f"{path} is {pixels.shape[1]} x {pixels.shape[0]} pixels; the photograph is {size} x {size}.")
    return pixels


def check_others(folders: Sequence[Path], names: Iterable[str], *, size: int | None = None) -> None:
    """Raise what `other_result` would, before anything else takes long."""
    for name in names:
        for folder in folders:
            other_result(folder, name, size=size)


def write_grey(pictures: Sequence[Picture], folder: Path) -> list[Path]:
    """Write the photographs without colour, for other programs, as ``<name>.png``; the paths. Raises PicError."""
    make_folder(folder)
    paths = [folder / f"{picture.name}.png" for picture in pictures]
    for path in paths:
        if path.exists():  # perhaps a photograph, or what another program made of one
            raise DataError(f"{path} exists already; choose another folder, or remove it first.")
    for picture, path in zip(pictures, paths):
        write_png(path, grey(picture))
    return paths


def make_figures(
    pictures: Sequence[Picture],
    model: Model,
    *,
    out: Path,
    samples: int,
    temperature: float,
    candidates: int = 1,
    baselines: Mapping[str, Baseline] = {},
    others: Sequence[Path] = (),
) -> list[Path]:
    """Write every figure that the pictures allow (3 and 5 need originals); the paths written. Raises PicError."""
    check_others(others, [picture.name for picture in pictures])
    check_comparable(model, baselines)
    seeds, sampling = range(1, samples + 1), {"temperature": temperature, "candidates": candidates}
    with_real = all(p.real is not None for p in pictures)
    plans: dict[str, Callable[[], np.ndarray]] = {
        "figure-1-independent-pixels": lambda: figure_1(pictures[:6], model),
        "figure-4-samples": lambda: samples_sheet(pictures, model, seeds=seeds, **sampling),
        "figure-6-map-and-sample": lambda: figure_6(pictures[:8], model, baselines.get("independent")),
        "figure-7-side-by-side": lambda: figure_7(pictures, model, baselines=baselines, others=others, **sampling),
    }
    if with_real:
        plans["figure-3-beside-originals"] = lambda: samples_sheet(pictures, model, seeds=seeds[:2], **sampling)
        plans["figure-5-failures"] = lambda: figure_5(pictures, model)
    make_folder(out)
    written = []
    for name, make in sorted(plans.items()):
        path = out / f"{name}.png"
        write_png(path, make())
        written.append(path)
    return written


def plot_curves(curves: Sequence[Path], out: Path, *, marks: Sequence[tuple[str, float, float]] = ()) -> Path:
    """Plot validation bits/dim against pictures seen, of ``curve.csv`` files or runs, with (name, pictures, bits/dim) ``marks``.

    Raises DataError where a curve cannot be read or holds no validation, the plot cannot be written, or matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise DataError("Plots need matplotlib: pip install matplotlib.") from None
    if not out.name:
        raise DataError(f"{out} is a folder; choose a file for the plot.")
    out = out if out.suffix else out.with_suffix(".png")
    axes = (plot := Figure(figsize=(7, 4), dpi=150, layout="constrained")).add_subplot()
    for path in curves:
        path = path / CURVE_FILE if path.is_dir() else path
        name = path.parent.name if path.name == CURVE_FILE else path.stem
        try:
            with open(path, newline="") as stream:
                rows = [row for row in csv.DictReader(stream) if row.get("bits_per_dim")]
        except OSError as error:
            raise DataError(f"The curve {path} cannot be read: {error.strerror}.") from error
        except (ValueError, csv.Error) as error:
            raise DataError(f"The curve {path} is damaged or no curve of a training.") from error
        if not rows:
            raise DataError(f"The curve {path} holds no validation bits/dim.")
        try:
            images = [int(row["images"]) for row in rows]
            for column, what in (("bits_per_dim", ""), ("bits_per_dim_embedding_only", ", g^w alone")):
                axes.plot(images, [float(row[column]) for row in rows], marker=".", label=f"{name}{what}")
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"The curve {path} is damaged or no curve of a training.") from error
    for name, images, bits in marks:
        axes.plot([images], [bits], "k*", markersize=10, linestyle="none", label=f"{name}: {bits}")
    axes.set(xscale="log", xlabel="pictures seen", ylabel="bits/dim")
    axes.grid(alpha=0.3)
    axes.legend()
    make_folder(out.parent)
    try:
        plot.savefig(out)
    except (OSError, ValueError) as error:
        raise DataError(f"The plot {out} cannot be written: {error}.") from error
    return out
