"""Files opened, and replaced whole or not at all; what goes wrong is told in a sentence."""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from picgui.errors import DestinationError, ExistsError, ExportError, PhotoError
from picgui.paths import PART, is_folder

_TRIES = 10 if os.name == "nt" else 1


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file to be read. Raises PhotoError where it is missing, a folder, no plain file, or may not be read."""
    try:
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):  # it would be read only once, or wait for ever
            raise PhotoError("{name} is a pipe or a device. Save the picture as a file first.", name=path.name)
        file = open(path, "rb")
    except FileNotFoundError:
        raise PhotoError("There is no file {path}. It may have been moved or renamed.", path=path) from None
    except IsADirectoryError:
        raise PhotoError("{path} is a folder, not a picture. Choose a picture in it.", path=path) from None
    except PermissionError:
        if is_folder(path):  # what Windows says of a folder
            raise PhotoError("{path} is a folder, not a picture. Choose a picture in it.", path=path) from None
        raise PhotoError("{name} is protected and could not be read. Change its permissions, or open a copy of it.", name=path.name) from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    with file:
        yield file


def unreadable(path: Path, error: Exception) -> PhotoError:
    """What is told where the system does not let a file be read."""
    return PhotoError("{name} could not be opened: {reason}. Try again, or another copy of it.", name=path.name, reason=first_line(error))


def file_digest(path: str | os.PathLike) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises PhotoError where it cannot be read."""
    path = Path(path)
    with opened(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise unreadable(path, error) from None


@contextlib.contextmanager
def replacing(path: Path, *, exclusive: bool = False, durable: bool = True) -> Iterator[BinaryIO]:
    """`whole`, told in sentences: raises ExportError, where there is something that ``exclusive`` would replace ExistsError."""
    if is_folder(path):
        raise ExportError("{path} is a folder. Choose a file name.", path=path)
    try:
        with whole(path, exclusive=exclusive, durable=durable) as file:
            yield file
    except FileExistsError:
        raise ExistsError("{path} was written by another program meanwhile. Choose another folder.", path=path) from None
    except OSError as error:
        real = Path(os.path.realpath(path))
        if exclusive or real.parent == Path(os.path.realpath(path.parent)):
            raise _why_not_written(path, error) from error
        told = _why_not_written(real, error)  # of where a link leads
        raise (told.of_one_file() if isinstance(told, DestinationError) else told) from error


@contextlib.contextmanager
def whole(path: Path, *, exclusive: bool = False, durable: bool = True) -> Iterator[BinaryIO]:
    """A new file beside `path` that takes its name when all is written, and is gone otherwise.

    ``exclusive`` replaces nothing, whatever came meanwhile; else a link stays, and what it leads to is replaced, by a file that as many may read.
    ``durable`` outlives a power cut, for which it waits for the disk. Raises OSError.
    """
    path = path if exclusive else Path(os.path.realpath(path))
    temporary = path.with_name(f"{PART}{secrets.token_hex(6)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if exclusive:
            _take_free_name(temporary, path)
        else:
            with contextlib.suppress(OSError):  # there is none, or the disk knows no permissions
                shutil.copymode(path, temporary)
            _replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            if os.name == "nt" and temporary.exists():
                os.chmod(temporary, 0o600)  # what is like a file that may not be written may not be removed there
            temporary.unlink(missing_ok=True)


def _take_free_name(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)  # which a name that is taken refuses, as nothing else does everywhere
    except OSError:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        _replace(temporary, path)  # a disk without hard links


def _replace(temporary: Path, path: Path) -> None:
    """In several tries on Windows, where a viewer or a scanner of viruses may hold either file for a moment."""
    for attempt in range(_TRIES):
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(0.1)


def _why_not_written(path: Path, error: OSError) -> ExportError:
    name, folder = path.name, path.parent
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return DestinationError("The disk is full, so {name} was not written. Free some space, or choose another disk.", name=name)
    if isinstance(error, FileNotFoundError) and is_folder(folder):  # so Windows calls a path of more than 259 characters
        return ExportError("The path of {name} is too long for this system. Choose a shorter name, or a folder with a shorter path.", name=name)
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return DestinationError("There is no folder {folder}, so {name} was not written. Choose another folder.", folder=folder, name=name)
    if isinstance(error, PermissionError) and error.filename2:  # the new file was written; only the old one may not go
        return ExportError(
            "{name} could not be replaced: it may be open in another program, or belong to somebody else. Close it there, or choose another name.",
            name=name,
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return DestinationError("picgui may not write in {folder}, so {name} was not written. Choose another folder.", folder=folder, name=name)
    return ExportError("{name} was not written: {reason}. Try another name or folder.", name=name, reason=first_line(error))


def first_line(error: Exception) -> str:
    """What an error says, in short."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:120]
