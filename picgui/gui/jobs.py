"""What the window asks its workers to do: plain generators without Qt, each yielding what it has reached."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from picgui import upsample
from picgui.errors import DestinationError, ExportError, PhotoError, PicError
from picgui.files import file_digest
from picgui.likelihood import own_chroma, surprise, uncertainty
from picgui.opencv import cv2
from picgui.photo import Photo, load_readers, photo_from_rgb, quarter_turned, read_colors, read_photo, reduced_chroma
from picgui.pipeline import Coarse, Embedded, Known, Model, Row, draw_rows, embed, load_model
from picgui.record import Original, original_of
from picgui.threads import use_threads
from picgui.upsample import compose
from picgui.writing import is_written_here, write_picture

PREVIEW_LONG_SIDE = 1400
THUMBNAIL_LONG_SIDE = 320
_BAND_PIXELS = 4_000_000  # that an export composes between two reports
_COMPOSING = 0.75  # of an export's time; the rest is writing
_TONED = 4.0  # Lab units, root mean square distance of colours from their mean: under it a photograph is grey, or of one tone
_COLORLESS = 0.5  # Lab units, root mean square chroma: under it a photograph has no colour at all
_CONTEXT_ROWS = 4  # rows of chroma around a changed one whose colours change with it, through the upsampling


@dataclass(frozen=True)
class ModelLoaded:
    """A checkpoint is ready."""

    model: Model


@dataclass(frozen=True)
class PhotoOpened:
    """A photograph was read; the smaller ones are for the canvas, and for thumbnails."""

    path: Path | None
    photo: Photo
    preview: Photo
    thumbnail: Photo
    grey: np.ndarray  # (height, width, 4) uint8, the preview without colour, as `for_screen` makes it
    small_grey: np.ndarray  # the same of the thumbnail
    levels: tuple[Photo, ...]  # the photograph itself, then each half as large as the one before, down to little more than the preview
    picture: bytes | None = None  # a PNG of what is in no file, as it was pasted
    digest: str = ""  # SHA-256 of the file, as it was read
    exported_from: Original | None = None  # where an exported picture is open in place of its photograph

    @property
    def original(self) -> Original:
        """The photograph that exports of it name as theirs."""
        if self.exported_from is None:
            return Original(self.path.name if self.path else "", self.digest, self.photo.fingerprint, self.photo.turns)
        turns = self.photo.turns
        return replace(self.exported_from, photo="", turns=(self.exported_from.turns + turns) % 4) if turns else self.exported_from


@dataclass(frozen=True)
class ExportProgress:
    """How much of an export or of a copy is done, from 0 to 1."""

    share: float


@dataclass(frozen=True)
class Exported:
    """A file was written."""

    path: Path


@dataclass(frozen=True)
class Measured:
    """A number for each pixel of the chroma, (h, w), in bits; None for the surprise of a photograph without colours of its own."""

    what: str  # "uncertainty" or "surprise"
    values: np.ndarray | None
    embedded: Embedded  # of the photograph that it is of


@dataclass(frozen=True)
class OwnColors:
    """The chroma with which a photograph came, (2, h, w) in Lab units; None for a grey one, and where its file is not there any more."""

    chroma: np.ndarray | None
    opened: PhotoOpened


@dataclass(frozen=True)
class StripComposed:
    """Rows ``top:top + len(pixels)`` of a picture, as `for_screen` makes them."""

    key: object
    top: int
    pixels: np.ndarray


@dataclass(frozen=True)
class StripWanted:
    """What to compose: rows of ``photo`` in the colours ``chroma`` (2, h, w) in Lab units."""

    key: object
    photo: Photo
    chroma: np.ndarray
    saturation: float
    rows: slice


def in_threads(number: int, job: Iterator) -> Iterator:
    """A job that lets PyTorch compute in so many threads; 0 for as many as there are cores."""
    use_threads(number)
    yield from job


def warm_up() -> None:
    """Do what only the first photograph would have to wait for."""
    load_readers()
    upsample.warm_up()


def load(path: Path | None, *, device: str | None) -> Iterator[ModelLoaded]:
    """Load a checkpoint."""
    yield ModelLoaded(load_model(path, device=device))


def with_smaller(
    photo: Photo, path: Path | None, *, picture: bytes | None = None, digest: str = "", exported_from: Original | None = None
) -> PhotoOpened:
    """A photograph that was read, with the smaller ones of it."""
    levels = [photo]
    while (long_side := max(levels[-1].width, levels[-1].height)) > 3 * PREVIEW_LONG_SIDE:
        levels.append(levels[-1].resized(-(-long_side // 2)))
    preview = levels[-1].resized(PREVIEW_LONG_SIDE)
    thumbnail = preview.resized(THUMBNAIL_LONG_SIDE)
    return PhotoOpened(
        path,
        photo,
        preview,
        thumbnail,
        grey_of(preview),
        grey_of(thumbnail),
        tuple(levels),
        picture,
        digest,
        exported_from,
    )


def open_photo(path: Path, *, turns: int = 0, remembered: Mapping[str, int] = MappingProxyType({})) -> Iterator[PhotoOpened]:
    """Read a photograph, and turn it as `Photo.turned` does: as ``remembered`` has it for the digest of its file, or else by ``turns``."""
    photo, digest = read_photo(path), file_digest(path)
    yield with_smaller(photo.turned(remembered.get(digest, turns)), path, digest=digest, exported_from=original_of(path))


def turn(before: PhotoOpened, quarter_turns: int) -> Iterator[PhotoOpened]:
    """Turn a photograph that was read, as `Photo.turned` does."""
    photo = before.photo.turned(quarter_turns)
    yield with_smaller(photo, before.path, picture=before.picture, digest=before.digest, exported_from=before.exported_from)


def open_pixels(pixels: np.ndarray) -> Iterator[PhotoOpened]:
    """Take a pasted picture, (height, width, 3) uint8 sRGB."""
    _, png = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_PNG_COMPRESSION, 1))
    yield with_smaller(photo_from_rgb(pixels), None, picture=png.tobytes())


def open_picture(picture: bytes, *, turns: int = 0) -> Iterator[PhotoOpened]:
    """Take a pasted picture up again, from its PNG, turned as `Photo.turned` does."""
    yield with_smaller(photo_from_rgb(_decoded(picture)).turned(turns), None, picture=picture)


def _decoded(picture: bytes) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise PhotoError("The pasted picture that this session holds is damaged.")
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def for_screen(pixels: np.ndarray) -> np.ndarray:
    """(rows, width, 3) uint8 sRGB as (rows, width, 4) uint8 in the order of QImage.Format_RGB32."""
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGRA)


def grey_of(photo: Photo) -> np.ndarray:
    """A photograph without colour, for the screen."""
    return for_screen(compose(photo, np.zeros((2, 1, 1), np.float32)))


def draft(photo: Photo, model: Model) -> Iterator[Embedded]:
    """One pass of the embedding."""
    yield embed(photo, model)


def measure_uncertainty(embedded: Embedded, model: Model) -> Iterator[Measured]:
    """How unsure the model is."""
    yield Measured("uncertainty", uncertainty(embedded, model), embedded)


def measure_surprise(opened: PhotoOpened, embedded: Embedded, model: Model) -> Iterator[Measured]:
    """How the photograph's own colours surprise the model."""
    chroma = own_chroma(_colors(opened, 4 * max(embedded.luminance.shape[2:])), embedded, model)
    is_colored = np.sqrt(np.var(chroma, axis=(1, 2)).sum()) > _TONED
    yield Measured("surprise", surprise(embedded, model, chroma) if is_colored else None, embedded)


def read_own_colors(opened: PhotoOpened) -> Iterator[OwnColors]:
    """The tone of a print, or the colours that it has: what it looked like when it was opened, at half the size of the preview. Those of an exported picture are no photograph's."""
    if opened.path is not None and is_written_here(opened.path):
        yield OwnColors(None, opened)
        return
    height, width = max(1, opened.preview.height // 2), max(1, opened.preview.width // 2)
    try:
        chroma = reduced_chroma(_colors(opened, max(height, width)), height, width)
    except PicError:  # what cannot be read again stays grey
        yield OwnColors(None, opened)
    else:
        is_colorless = np.sqrt(np.square(chroma).sum(axis=0).mean()) < _COLORLESS
        yield OwnColors(None if is_colorless else chroma, opened)


def _colors(opened: PhotoOpened, long_side: int) -> np.ndarray:
    """The pixels of a photograph as it lies, (H, W, 3) uint8 sRGB, read again: no more of them than this where it is in a file."""
    pixels = _decoded(opened.picture) if opened.picture is not None else read_colors(opened.path, long_side=long_side)
    return quarter_turned(pixels, opened.photo.turns)


def draw(
    embedded: Embedded, model: Model, *, seeds: Sequence[int], temperature: float, candidates: int, known: Known | None = None
) -> Iterator[Row | Coarse]:
    """Draw samples, their coarse ones first."""
    yield from draw_rows(embedded, model, seeds=seeds, temperature=temperature, candidates=candidates, known=known)


def compose_strips(wanted: Sequence[StripWanted]) -> Iterator[StripComposed]:
    """Compose pieces one after the other."""
    for strip in wanted:
        pixels = compose(strip.photo, strip.chroma, saturation=strip.saturation, rows=strip.rows)
        yield StripComposed(strip.key, strip.rows.start, for_screen(pixels))


def compose_part(photo: Photo, chroma: np.ndarray, mask: np.ndarray, *, saturation: float, long_side: int) -> np.ndarray:
    """Where a (h, w) mask lies, and a little around it, in the colours ``chroma`` (2, h, w): no larger than that side, as `for_screen` makes it."""
    rows, columns = (_around(np.flatnonzero(mask.any(axis=other)), mask.shape[axis]) for axis, other in ((0, 1), (1, 0)))
    places = (slice(at.start * size // count, -(-at.stop * size // count)) for at, size, count in zip((rows, columns), photo.lightness.shape, mask.shape))
    part = replace(photo, lightness=np.ascontiguousarray(photo.lightness[*places])).resized(long_side)
    return for_screen(compose(part, chroma[:, rows, columns], saturation=saturation))


def _around(places: np.ndarray, count: int) -> slice:
    """From the first to the last of these places on a side of so many, and an eighth as many more at both ends."""
    first, last = int(places[0]), int(places[-1])
    more = 1 + (last - first) // 8
    return slice(max(0, first - more), min(count, last + 1 + more))


def changed_rows(height: int, *, chroma_rows: int, first: int, last: int) -> slice:
    """Rows of a picture ``height`` high that change with rows ``first:last`` of its chroma."""
    top = max(0, (first - _CONTEXT_ROWS) * height // chroma_rows)
    bottom = min(height, -(-(last + _CONTEXT_ROWS) * height // chroma_rows))
    return slice(top, bottom)


@dataclass(frozen=True)
class Composed:
    """A picture, (height, width, 4) uint8, as `for_screen` makes it."""

    pixels: np.ndarray
    holds_drafts: bool  # part of it is not drawn yet


class _Cancelled(Exception):
    """What is composed or written is not wanted any more."""


def _composed(photo: Photo, chroma: np.ndarray, *, saturation: float, dtype: type = np.uint8) -> Iterator[tuple[np.ndarray, float]]:
    """A picture at full size as it grows from the top, and how much of it is there, from 0 to 1."""
    image = np.empty((photo.height, photo.width, 3), dtype)
    step = max(1, _BAND_PIXELS // photo.width)
    for top in range(0, photo.height, step):
        rows = slice(top, min(top + step, photo.height))
        image[rows] = compose(photo, chroma, saturation=saturation, rows=rows, dtype=dtype)
        yield image, rows.stop / photo.height


def compose_whole(
    photo: Photo, chroma: np.ndarray, *, saturation: float, holds_drafts: bool, is_cancelled: Callable[[], bool]
) -> Iterator[ExportProgress | Composed]:
    """Compose a picture at full size; nothing once it ``is_cancelled``."""
    for image, share in _composed(photo, chroma, saturation=saturation):
        if is_cancelled():
            return
        yield ExportProgress(share)
    yield Composed(for_screen(image), holds_drafts)


@dataclass(frozen=True)
class ExportWanted:
    """One file to be written."""

    path: Path
    photo: Photo
    chroma: np.ndarray
    saturation: float
    text: Mapping[str, str]
    dtype: type = np.uint8
    exclusive: bool = False  # replacing nothing


def export(wanted: Sequence[ExportWanted], *, is_cancelled: Callable[[], bool]) -> Iterator[ExportProgress | Exported]:
    """Compose at full size and write, one file after the other; the ending of the name chooses PNG, TIFF or JPEG. One that fails lets the others be written.

    Once it ``is_cancelled`` it ends, be it in the midst of a file, of which nothing is there then.
    """

    def check() -> None:
        if is_cancelled():
            raise _Cancelled

    yield ExportProgress(0.0)
    failed = None
    with suppress(_Cancelled):
        for number, one in enumerate(wanted):
            for image, share in _composed(one.photo, one.chroma, saturation=one.saturation, dtype=one.dtype):
                check()
                yield ExportProgress((number + _COMPOSING * share) / len(wanted))
            try:
                write_picture(one.path, image, text=one.text, photo=one.photo, exclusive=one.exclusive, meanwhile=check)
            except DestinationError:  # the others would fail, too
                raise
            except ExportError as error:
                failed = failed or error
            else:
                yield Exported(one.path)
    if failed is not None:
        raise failed
