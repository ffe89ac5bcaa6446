"""What a PNG file is made of: chunks, texts, and packed rows of pixels.

Source: Portable Network Graphics (PNG) Specification, third edition.
"""

import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from picgui.errors import ExportError, PhotoError
from picgui.files import opened, unreadable

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_STRIP_PIXELS = 1 << 20


def read_png_text(path: str | os.PathLike) -> dict[str, str]:
    """The texts of a PNG file (tEXt, zTXt and iTXt) before its pixels, by key. Raises PhotoError if it cannot be read or is not a PNG."""
    path = Path(path)
    texts = {}
    with opened(path) as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            raise PhotoError("{name} is not a PNG picture, so it holds no settings.", name=path.name)
        try:
            for name, data in chunks_of(file):
                if name == b"IDAT":
                    break  # the rest may be a hundred megabytes
                if name in (b"tEXt", b"zTXt", b"iTXt"):
                    with contextlib.suppress(ValueError, IndexError, zlib.error):  # a malformed text is no text
                        key, value = _text_of(name, data)
                        texts[key] = value
        except OSError as error:
            raise unreadable(path, error) from None
    return texts


def write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    """Write a chunk of four letters."""
    file.write(struct.pack(">I", len(data)) + name)
    file.write(data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def chunks_of(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Names of a PNG's chunks as far as they are whole, with the data of those that hold text."""
    file.seek(0, os.SEEK_END)
    size = file.tell()
    at = len(SIGNATURE)
    while at + 12 <= size:
        file.seek(at)
        length, name = struct.unpack(">I4s", file.read(8))
        at += 12 + length
        if at > size:
            return
        yield name, file.read(length) if name.endswith(b"Xt") else b""


def text_chunk(key: str, value: str) -> tuple[bytes, bytes]:
    """Name and data of the chunk of a text. Raises ExportError where a PNG can have no such key."""
    name = key.encode("latin-1", "replace")
    if not 1 <= len(name) <= 79 or b"\0" in name:
        raise ExportError("A text of a PNG needs a key of 1 to 79 characters, not {key}.", key=repr(key))
    try:
        return b"tEXt", name + b"\0" + value.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", name + b"\0\0\0\0\0" + value.encode(errors="replace")


def _text_of(name: bytes, data: bytes) -> tuple[str, str]:
    key, rest = data.split(b"\0", 1)
    if name == b"iTXt":
        packed, _, rest = rest[0], rest[1], rest[2:]
        _, _, value = rest.split(b"\0", 2)
        return key.decode("latin-1"), (_unpacked(value) if packed else value).decode()
    value = _unpacked(rest[1:]) if name == b"zTXt" else rest
    return key.decode("latin-1"), value.decode("latin-1")


def _unpacked(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, 1 << 24)  # no more than 16 MB of text


def packed_rows(image: np.ndarray) -> Iterator[bytes]:
    """The image data of a PNG: rows as differences to the left pixel, packed with run lengths and Huffman codes only.

    On photographs that is a third of the time of the usual search for repetitions, and no larger.
    """
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    height, width, channels = image.shape
    pixel = channels * image.itemsize
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        rows = image[top : top + step]
        values = np.ascontiguousarray(rows.astype(rows.dtype.newbyteorder(">"), copy=False))
        values = values.view(np.uint8).reshape(len(rows), width * pixel)
        lines = np.empty((len(rows), 1 + width * pixel), np.uint8)
        lines[:, 0] = 1  # filter "Sub"
        lines[:, 1 : 1 + pixel] = values[:, :pixel]
        np.subtract(values[:, pixel:], values[:, :-pixel], out=lines[:, 1 + pixel :])
        if data := packer.compress(lines):
            yield data
    yield packer.flush()
