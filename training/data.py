"""Pictures for training and evaluation, decoded once into one memory-mapped uint8 array.

Read are: npz packs of encoded pictures (arrays ``data`` and ``offsets``), CIFAR-10 as its official Python batches or as tars of
lossless 25 x 40 mosaics, and any pictures, by name or in a folder.
"""

import hashlib
import json
import os
import pickle
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from picgui.errors import DataError, PhotoError, PicError
from picgui.files import whole
from picgui.opencv import cv2
from picgui.paths import PART, cache_dir
from picgui.photo import PHOTO_ENDINGS, read_colors
from training.parallel import World

SPLITS = ("train", "validation")
_VALIDATION_NAMES = ("validation", "val", "test")
_PACK_NAMES = {"train": ("train", "data_batch"), "validation": (*_VALIDATION_NAMES, "test_batch")}  # how they begin
_VALIDATION_SHARE = 32  # of pictures without splits, about one in so many validates
_DECODING = 3  # another number, and what was decoded before is decoded again
_GREY_CHROMA = 3.0  # mean |channel difference| in 8-bit levels under which a picture teaches nothing about colour
_MOSAIC = (25, 40, 32)


@dataclass(frozen=True)
class Pictures:
    """Square sRGB pictures (N, S, S, 3) uint8, memory-mapped, with where they came from."""

    images: np.ndarray
    sources: tuple[str, ...]  # names of the files that were read
    digest: str  # SHA-256 of names and sizes of those files and of how they were read

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Width and height of a picture, in pixels."""
        return self.images.shape[1]


def load_pictures(paths: Sequence[str | Path], *, split: str, size: int, cache: Path | None = None) -> Pictures:
    """Read one split (``"train"`` or ``"validation"``) of files or folders, square, ``size`` pixels wide.

    Larger pictures are reduced (area average) so that the shorter side is ``size`` and cropped around the centre; CIFAR-10 has
    the exact 32 pixels or is refused. The test split of CIFAR-10 is its validation. The decoded array is cached; raises DataError
    where nothing fits, a file cannot be read or the cache cannot be written.
    """
    if split not in SPLITS:
        raise DataError(f"There is no split {split!r}; the splits are {' and '.join(SPLITS)}.")
    files = _files([Path(path) for path in paths], split)
    if not files:
        where = ", ".join(str(p) for p in paths)
        if split == "train" and (others := _files([Path(path) for path in paths], "validation")):
            raise DataError(f"Nothing in {where} is left to train on: all of it validates (pictures or packs: {len(others)}).")
        raise DataError(
            f"No {split} pictures in {where}. Give a folder of pictures, npz packs named {'val' if split == 'validation' else split}*.npz, or CIFAR-10."
        )
    digest = _digest(files, split, size)
    if split == "validation":
        files = _in_no_order(files)
    folder = cache or cache_dir() / "training"
    cached = folder / f"{split}-{size}-{_state(files, digest)[:16]}.npy"
    if World.is_first_of_machine() and not cached.exists():
        try:
            _decode(files, size, cached)
        except OSError as error:
            raise DataError(
                f"The pictures cannot be decoded into {folder}: {error.strerror}. Make room, or choose another --cache."
            ) from error
    while not cached.exists():  # torchrun ends who waits where the first one fails
        time.sleep(0.2)
    try:
        images = np.load(cached, mmap_mode="c")  # private: PyTorch takes writable memory only, and nothing reaches the file
    except (OSError, ValueError, EOFError) as error:  # cut short, as by a loss of power
        raise DataError(f"The decoded pictures in {cached} are damaged: {error}. Delete that file; it is made anew.") from error
    if not len(images):
        raise DataError(
            f"None of the {len(files)} {split} files held a colour picture of at least {size} pixels. Give more pictures, or put them into folders "
            "called train and validation."
        )
    return Pictures(images, tuple(file.name for file in files), digest)


def _files(paths: Sequence[Path], split: str) -> list[Path]:
    """The files of a split, in a fixed order; pictures given by name are split together, as those of a folder are."""
    files, loose = [], set()
    real = [path.resolve() for path in paths]
    for place, path in enumerate(real):
        for other in real[:place]:
            if path == other or path in other.parents or other in path.parents:
                raise DataError(f"{path} and {other} hold the same files, some of which might train and validate: give each once.")
    for path in paths:
        if path.is_file() and not _is_pack(path):
            loose.add(path)
        else:
            files += _files_of(path, split)
    files += _share({path: path.name for path in sorted(loose)}, split)
    return files


def _is_pack(path: Path) -> bool:
    """Whether a file holds many pictures of one split, which its name says."""
    return path.suffix in (".npz", ".tar") or path.name.startswith(("data_batch", "test_batch"))


def _files_of(path: Path, split: str) -> list[Path]:
    """The files of a split in a folder; a pack itself, where it is of the split."""
    if not path.exists():
        raise DataError(f"{path} does not exist.")
    names = _PACK_NAMES[split]
    if path.is_file():
        if not path.name.startswith(sum(_PACK_NAMES.values(), ())):
            raise DataError(f"{path} is a pack that names no split: its name must begin with train or val.")
        return [path] if path.name.startswith(names) else []
    entries = sorted(path.iterdir())
    packs = [p for p in entries if _is_pack(p) and p.name.startswith(sum(_PACK_NAMES.values(), ()))]
    if packs:
        return [p for p in packs if p.name.startswith(names)]
    folders = {p.name: p for p in entries if p.is_dir()}
    training = folders.get("train")
    validating = next((folders[name] for name in _VALIDATION_NAMES if name in folders), None)
    if training is None and validating is None:
        return _share({p: p.relative_to(path).as_posix() for p in _pictures_below(path)}, split)
    if split == "validation":
        return _pictures_below(validating) if validating else []
    if training:
        return _pictures_below(training)
    return [p for p in _pictures_below(path) if p.relative_to(path).parts[0] not in _VALIDATION_NAMES]  # what lies beside those that validate


def _pictures_below(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in PHOTO_ENDINGS and not p.name.startswith("._") and p.is_file())


def _share(pictures: Mapping[Path, str], split: str) -> list[Path]:
    """Split pictures by the hash of their names, so that none changes sides when others are added; the first by it validates in any case."""
    hashes = {path: _hash(name) for path, name in pictures.items()}
    least = min(hashes.values(), default=b"")
    validation = {p for p, x in hashes.items() if x == least or int.from_bytes(x) * _VALIDATION_SHARE < 1 << 8 * len(x)}
    return [p for p in pictures if (p in validation) == (split == "validation")]


def _in_no_order(files: Sequence[Path]) -> list[Path]:
    """Packs as they are, then pictures in an order that has nothing to do with what they are of: the first of them stand for all."""
    loose = sorted((path for path in files if not _is_pack(path)), key=lambda path: _hash("/".join(path.parts[-2:])))
    return [path for path in files if _is_pack(path)] + loose


def _hash(name: str) -> bytes:
    return hashlib.sha256(os.fsencode(name)).digest()


def _digest(files: Sequence[Path], split: str, size: int) -> str:
    """Of names and sizes: the same for copies of the data on other machines."""
    listing = [[file.name, file.stat().st_size] for file in files]
    return hashlib.sha256(json.dumps([listing, split, size]).encode()).hexdigest()


def _state(files: Sequence[Path], digest: str) -> str:
    """Another one for other files of the same names and sizes, and for the same ones once they change."""
    listing = [[str(file.resolve()), file.stat().st_mtime_ns] for file in files]
    return hashlib.sha256(json.dumps([listing, digest, _DECODING]).encode()).hexdigest()


def _decode(files: Sequence[Path], size: int, target: Path) -> None:
    """Write all pictures into one .npy file, atomically. What a decoding that was killed left is removed, once nobody has written on it for an hour."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f"{PART}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > 3600:
                left.unlink()
    with whole(target) as stream:
        number = 0
        _write_header(stream, number, size)
        begin = stream.tell()
        for file in files:
            for picture in _read(file, size):
                stream.write(picture.tobytes())
                number += 1
        stream.seek(0)
        _write_header(stream, number, size)
        if stream.tell() != begin:
            raise ValueError("the header has grown")


def _write_header(stream: BinaryIO, number: int, size: int) -> None:
    """That of so many pictures; NumPy leaves room for larger numbers in it."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (number, size, size, 3)}
    np.lib.format.write_array_header_1_0(stream, header)


def _read(file: Path, size: int) -> Iterator[np.ndarray]:
    """Every picture (size, size, 3) uint8 RGB of one file."""
    try:
        if file.suffix == ".npz":
            yield from _read_pack(file, size)
        elif file.suffix == ".tar":
            yield from _read_mosaics(file, size)
        elif file.name.startswith(("data_batch", "test_batch")):
            yield from _read_cifar_batch(file, size)
        else:
            try:
                picture = read_colors(file, whole=True)  # as the program itself reads them
            except PhotoError as error:
                report_skipped(file, str(error))
                return
            if min(picture.shape[:2]) < size:
                report_skipped(file, f"its shorter side has less than {size} pixels")
            elif not _is_colored(picture):
                report_skipped(file, "it has no colour")
            else:
                yield _square(picture, size)
    except (PicError, MemoryError):
        raise
    except Exception as error:  # many kinds, by what is damaged in which format
        raise DataError(f"{file} cannot be read as training pictures: {error}") from error


def _decode_picture(encoded: bytes) -> np.ndarray | None:
    """An encoded picture as (H, W, 3) uint8 RGB; None where it is no picture."""
    if not encoded:
        return None
    picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    return None if picture is None else picture[:, :, ::-1]


def report_skipped(what: object, why: str) -> None:
    """Tell of a file that is left out."""
    print(f"training: skipped {what}: {why}", file=sys.stderr, flush=True)


def _is_colored(picture: np.ndarray) -> bool:
    thumbnail = cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    return float((thumbnail.max(axis=2) - thumbnail.min(axis=2)).mean()) > _GREY_CHROMA


def _square(picture: np.ndarray, size: int) -> np.ndarray:
    height, width = picture.shape[:2]
    shorter = min(height, width)
    top, left = (height - shorter) // 2, (width - shorter) // 2
    picture = picture[top : top + shorter, left : left + shorter]
    if shorter != size:
        picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture)


def _read_pack(file: Path, size: int) -> Iterator[np.ndarray]:
    with np.load(file, allow_pickle=False) as pack:
        data, offsets = pack["data"], pack["offsets"]
    for start, stop in zip(offsets[:-1], offsets[1:]):
        picture = _decode_picture(data[start:stop].tobytes())
        if picture is None:
            report_skipped(f"{file} at byte {start}", "it is broken or no picture")
            continue
        if min(picture.shape[:2]) < size:
            raise DataError(f"{file} holds pictures of {min(picture.shape[:2])} pixels; {size} are needed.")
        yield _square(picture, size)


def _refuse_other_size(file: Path, size: int) -> None:
    if size != 32:
        raise DataError(f"{file.name} holds pictures of 32 pixels; the configuration wants {size}.")


def _read_mosaics(file: Path, size: int) -> Iterator[np.ndarray]:
    _refuse_other_size(file, size)
    rows, columns, side = _MOSAIC
    with tarfile.open(file) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            mosaic = _decode_picture(archive.extractfile(member).read())
            if mosaic is None or mosaic.shape != (rows * side, columns * side, 3):
                raise DataError(f"{member.name} in {file} is not a mosaic of {rows} x {columns} pictures.")
            tiles = mosaic.reshape(rows, side, columns, side, 3).transpose(0, 2, 1, 3, 4)
            yield from np.ascontiguousarray(tiles.reshape(-1, side, side, 3))


class _ArraysOnly(pickle.Unpickler):
    """Unpickles what the official CIFAR-10 batches hold (dictionaries of NumPy arrays) and nothing that could act."""

    _ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),
    }

    def find_class(self, module, name):
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"it holds {module}.{name}, which no CIFAR-10 batch does")
        return super().find_class(module, name)


def _read_cifar_batch(file: Path, size: int) -> Iterator[np.ndarray]:
    _refuse_other_size(file, size)
    with open(file, "rb") as stream:
        batch = _ArraysOnly(stream, encoding="bytes").load()
    if batch[b"data"].dtype != np.uint8:
        raise ValueError(f"its pixels are {batch[b'data'].dtype}, not bytes")
    yield from np.ascontiguousarray(batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
