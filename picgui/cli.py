"""The ``picgui`` command: the window by default, ``picgui colorize`` without one."""

import argparse
import glob
import io
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from picgui import arguments, defaults
from picgui.errors import DestinationError, ExistsError, PicError
from picgui.version import __version__


_NEEDED_BY_PYTORCH = "PyTorch needs Microsoft's Visual C++ Redistributable: https://aka.ms/vs/17/release/vc_redist.x64.exe." if os.name == "nt" else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["colorize"]:
        return _colorize(_colorize_parser().parse_args(arguments[1:]))
    options = _window_parser().parse_args(arguments)
    try:
        from picgui.gui.app import main as open_window  # a machine without Qt can still colorize
    except (ImportError, OSError) as error:  # the latter of a library that PyTorch loads itself
        hint = _NEEDED_BY_PYTORCH or "picgui colorize PHOTO works without it."
        return _say(f"The window cannot be opened, as something that it needs is missing: {error}. {hint}")
    return open_window(options.photo)


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="picgui",
        description="Colour for old photographs. Opens the window; with no display, use: picgui colorize PHOTO",
    )
    parser.add_argument(
        "photo", nargs="*", type=arguments.path, help="a photograph or a session to open; several photographs, or a folder of them, become a queue"
    )
    parser.add_argument("--version", action="version", version=f"picgui {__version__}")
    return parser


def _colorize_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="picgui colorize",
        description="Write colour versions of photographs; needs no display. "
        "The paths of the pictures go to standard output, everything else to standard error.",
    )
    parser.add_argument(
        "photo",
        nargs="+",
        type=arguments.path,
        help="photographs, or folders of them; earlier results in a folder, or named beside anything else, as by a pattern, are left out",
    )
    parser.add_argument(
        "-r",
        "--recursive",
        action="store_true",
        help="photographs of the folders in these folders, too, but for hidden ones, links, and that of -o; their results go into folders of the same names in that of -o",
    )
    parser.add_argument(
        "-n", type=arguments.samples, default=defaults.SAMPLES, metavar="N", help="samples of each photograph (default %(default)s)"
    )
    parser.add_argument(
        "--temperature",
        type=arguments.from_zero,
        default=defaults.TEMPERATURE,
        metavar="T",
        help="0 is calm, 1 the model's own (default %(default)s)",
    )
    parser.add_argument(
        "--candidates",
        type=arguments.candidates,
        default=defaults.CANDIDATES,
        metavar="N",
        help=f"{arguments.CANDIDATES_HELP} (default %(default)s)",
    )
    parser.add_argument("--saturation", type=arguments.from_zero, default=1.0, metavar="X", help="multiplies the colour (default 1.0)")
    parser.add_argument(
        "--seed", type=arguments.seed, default=1, metavar="S", help="of the first sample; the next have S+1, S+2, ... (default 1)"
    )
    parser.add_argument(
        "--rotate",
        type=arguments.rotation,
        default=0,
        metavar="DEGREES",
        help="turn the photographs clockwise before, as for prints that lay sideways on the scanner: 90, 180 or 270; their files stay as they are",
    )
    parser.add_argument("-o", "--output", type=arguments.path, default=Path(), metavar="DIR", help="where to write (default: here)")
    parser.add_argument(
        "--format", choices=("png", "tif", "jpg"), default="png", help="what to write (default: png, which alone brings its colours back in the window)"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace earlier results of the same photographs that were drawn with other settings, never other files or colours given by hand"
    )
    parser.add_argument(
        "--shard", type=arguments.shard, default=(1, 1), metavar="I/N", help="only every Nth photograph, from the Ith: for N machines"
    )
    parser.add_argument("--checkpoint", type=arguments.path, metavar="FILE", help="default: the shipped one")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="default: cuda where there is one")
    parser.add_argument(
        "--long-side",
        type=arguments.positive,
        metavar="PX",
        help="long side of the picture in which the fine colours are drawn; coarse ones have half of it "
        "(default: about the area of 256 x 256 pixels with the shipped model)",
    )
    return parser


def _colorize(options: argparse.Namespace) -> int:
    """Colorize every photograph; one that fails is told and the others go on. 0 only if all went well."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # names of files are written as the system knows them, whatever the alphabet of the terminal
        sys.stdout.reconfigure(encoding=sys.getfilesystemencoding(), errors=sys.getfilesystemencodeerrors())
    sys.stderr = sys.stderr or open(os.devnull, "w")  # where it is closed, print would take standard output
    with suppress(ValueError):  # as a part of another program, in a thread
        for number in ENDS:
            if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores the latter
                signal.signal(number, _interrupt)
    try:
        return _colorize_all(options)
    except KeyboardInterrupt:
        return _say("stopped") + 129
    except _OutputError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left in its buffer goes nowhere
        return 1 if isinstance(error.__cause__, BrokenPipeError) else _say(f"Standard output cannot be written: {error}.")


# of who ends jobs, of a terminal that is closed
ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _interrupt(number: int, frame: object) -> None:
    """What is half written goes, undisturbed by another such signal, as shells send two."""
    for other in ENDS:
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


class _OutputError(Exception):
    """Standard output cannot be written."""


def _colorize_all(options: argparse.Namespace) -> int:
    from picgui.paths import is_folder

    try:
        from picgui.batch import Projection
        from picgui.photo import PHOTO_ENDINGS
        from picgui.pipeline import check_long_side, load_model
    except (ImportError, OSError) as error:
        return _say(f"Something that picgui needs is missing: {error}. {_NEEDED_BY_PYTORCH}".rstrip())
    if options.output.suffix.lower() in PHOTO_ENDINGS and not is_folder(options.output):
        return _say(f"-o is the folder to write into, and {options.output} is the name of a picture.")
    try:
        photos, namesakes, failed = _photos(options)
        model = load_model(options.checkpoint, device=options.device)
        check_long_side(options.long_side, model)
    except PicError as error:
        return _say(error)
    unread, projection, warning = set(), Projection(), None
    for number, path in enumerate(photos, 1):
        first = namesakes.get(path)
        if first is not None and first not in unread:
            failed = _say(f"{path} was left out: its results would have the names of those of {first}. Colorize it into another folder.")
            continue
        try:
            projection.take(_colorize_photo(path, photos[path], model, options))
            if warning is None and (warning := projection.warning(options.output, len(photos) - number)):
                _tell(warning)
        except ExistsError as error:
            hint = "" if options.overwrite else "; --overwrite replaces results of other settings, but no colours given by hand"
            failed = _say(f"{error} (The folder is that of -o{hint}.)")
        except DestinationError as error:  # as of a full disk: the others would fail, too
            return _say(error)
        except PicError as error:
            failed = _say(error)
            unread.add(path)
        except _OutputError:
            raise
        except Exception as error:  # ours, or one of a graphics card: a night's work goes on
            logging.getLogger(__name__).error("A photograph failed", exc_info=error)
            failed = _say(f"{path}: something unexpected went wrong ({type(error).__name__}: {error}).")
    return failed


def _say(message: object) -> int:
    _tell(f"picgui: {message}")
    return 1


def _tell(message: str) -> None:
    """Write a line to standard error. Where that fails, as for a log on a full disk, the work goes on."""
    with suppress(OSError):
        print(message, file=sys.stderr, flush=True)


def _print(path: Path) -> None:
    """Write the path of a result to standard output."""
    try:
        print(path, flush=True)
    except OSError as error:
        raise _OutputError(error.strerror or error) from error


def _photos(options: argparse.Namespace) -> tuple[dict[Path, Path], dict[Path, Path], int]:
    """The shard's photographs, those of folders included, with the folders for their results; of all those whose results would have the names of an earlier
    one's, that one; and 1 where a folder held none or could not be read.
    """
    from picgui.batch import namesakes, photos_inside, photos_of, place_in
    from picgui.paths import is_folder

    failed, paths = 0, _matching(options.photo)
    found = photos_of(paths)
    if options.recursive:
        for inside in photos_inside(found.folders, but=[options.output] if options.output != Path() else []):
            found.extend(inside)
    for error in found.errors:
        failed = _say(error)
    for sentence in found.left_out:
        _tell(sentence)
    if found.results:
        _tell("Results are colorized where nothing else is named.")
    for folder in filter(is_folder, paths):
        has_photos = any(folder in (photo.parents if options.recursive else [photo.parent]) for photo in found.photos)
        if not has_photos and not (there := photos_of([folder])).photos and not there.errors:
            hint = "" if options.recursive else "; --recursive looks into the folders in it"
            failed = _say(f"{folder} is a folder without photographs{hint}.")
    folders = {photo: options.output / (place_in(paths, photo) if options.recursive else Path()) for photo in found.photos}
    index, number = options.shard
    return {photo: folders[photo] for photo in found.photos[index - 1 :: number]}, namesakes(folders), failed


def _matching(paths: Sequence[Path]) -> list[Path]:
    """These paths, and in place of a pattern what it matches: shells of Windows leave that to programs. One that matches nothing stays, to be told."""
    if os.name != "nt":
        return list(paths)
    return [found for path in paths for found in ([] if os.path.lexists(path) else sorted(map(Path, glob.glob(str(path))))) or [path]]


def _colorize_photo(path: Path, folder: Path, model, options: argparse.Namespace) -> int:
    """Write the samples of one photograph into a folder, and tell of each; how many bytes they have. Raises PicError."""
    from picgui.batch import Kept, Written, colorize_file, result_name
    from picgui.photo import Photo

    started, number, size = time.perf_counter(), 0, 0
    results = colorize_file(
        path,
        model,
        targets={seed: folder / result_name(path.stem, seed, f".{options.format}") for seed in range(options.seed, options.seed + options.n)},
        temperature=options.temperature,
        candidates=options.candidates,
        saturation=options.saturation,
        long_side=options.long_side,
        turns=options.rotate,
        overwrite=options.overwrite,
    )
    for item in results:
        if isinstance(item, Kept):
            _tell(f"{item.path} is already there")
            _print(item.path)
            number += 1
        elif isinstance(item, Photo):
            for note in item.notes:
                _tell(f"{path}: {note}")
            _tell(f"{path}: {item.width} x {item.height}")
        elif isinstance(item, Written):
            _print(item.path)
            number, size = number + 1, size + item.size
            seconds = time.perf_counter() - started
            _tell(f"{path}: sample {number} of {options.n}, seed {item.seed}, {seconds:.1f} s")
    return size
