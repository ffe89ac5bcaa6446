"""`picgui colorize`: what is written and printed, in a process of its own, with no display and without Qt."""

import builtins
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from picgui import cli, record
from picgui.batch import Found, Projection, namesakes, photos_inside, photos_of, place_in, result_name, write_sample
from picgui.cli import main
from picgui.color import srgb_to_lab
from picgui.defaults import CANDIDATES, TEMPERATURE
from picgui.errors import DestinationError, ExistsError
from picgui.files import file_digest
from picgui.opencv import cv2
from picgui.photo import read_photo
from picgui.pipeline import Known, load_model, png_text
from picgui.pipeline import colorize as colorize_photo
from picgui.png import read_png_text
from picgui.upsample import compose
from picgui.writing import WRITERS, read_texts, write_picture, write_png
from tests.models import checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    checkpoint(folder)
    grey = cv2.resize(np.random.default_rng(0).integers(40, 200, (6, 9), dtype=np.uint8), (150, 100))
    cv2.imwrite(str(folder / "scan.jpg"), grey)
    cv2.imwrite(str(folder / "deep.png"), grey.astype(np.uint16) * 257)
    (folder / "broken.jpg").write_bytes((folder / "scan.jpg").read_bytes()[:200])
    return folder


def picgui(folder, *arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, "-m", "picgui", *map(str, arguments)],
        cwd=folder,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def colorize(folder, *arguments, **environment):
    return picgui(folder, "colorize", *arguments, "--checkpoint", "tiny.safetensors", "--device", "cpu", **environment)


def pixels(path):
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def test_paths_go_to_stdout_and_pictures_have_the_scans_size_and_luminance(folder):
    done = colorize(folder, "scan.jpg", "-n", 2, "--seed", 7, "-o", "out")
    assert done.returncode == 0, done.stderr
    assert [line.replace("\\", "/") for line in done.stdout.splitlines()] == [
        "out/scan-colorized-7.png",
        "out/scan-colorized-8.png",
    ]
    assert "sample 2 of 2" in done.stderr
    image = pixels(folder / "out/scan-colorized-7.png")
    assert image.shape == (100, 150, 3)
    import torch

    lab = srgb_to_lab(torch.from_numpy(image[:, :, ::-1].copy()).movedim(-1, 0).float() / 255)
    luminance = read_photo(folder / "scan.jpg").luminance()
    assert np.abs(lab[0].numpy() - luminance).mean() < 0.4 and np.abs(lab[0].numpy() - luminance).max() < 2
    assert lab[1:].abs().mean() > 1
    text = read_png_text(folder / "out/scan-colorized-7.png")
    assert text["picgui:seed"] == "7" and text["picgui:temperature"] == f"{TEMPERATURE:g}" and len(text["picgui:checkpoint"]) == 64


def test_the_same_pixels_whatever_n(folder):
    assert colorize(folder, "scan.jpg", "-n", 3, "--seed", 1, "-o", "three").returncode == 0
    assert colorize(folder, "scan.jpg", "-n", 1, "--seed", 2, "-o", "one").returncode == 0
    assert np.array_equal(pixels(folder / "three/scan-colorized-2.png"), pixels(folder / "one/scan-colorized-2.png"))
    assert not np.array_equal(pixels(folder / "three/scan-colorized-1.png"), pixels(folder / "three/scan-colorized-2.png"))


def test_a_16_bit_scan_becomes_a_16_bit_picture(folder):
    assert colorize(folder, "deep.png", "-n", 1, "-o", "deep").returncode == 0
    assert pixels(folder / "deep/deep-colorized-1.png").dtype == np.uint16


def written_with(folder, out, *options):
    """The picture that one sample of the scan becomes, and its chroma as its record has it."""
    of = ["--checkpoint", str(folder / "tiny.safetensors"), "--device", "cpu"]
    assert main(["colorize", str(folder / "scan.jpg"), "-n", "1", "-o", str(out), *of, *options]) == 0
    path = out / "scan-colorized-1.png"
    return pixels(path)[..., ::-1], record.unpacked(json.loads(read_png_text(path)[record.KEY])["chroma"])


def test_colours_are_written_as_vivid_as_was_asked(folder, tmp_path):
    photo = read_photo(folder / "scan.jpg")
    for saturation in (0.5, 1.0, 2.0):
        image, chroma = written_with(folder, tmp_path / str(saturation), "--saturation", str(saturation))
        assert np.array_equal(image, compose(photo, chroma, saturation=saturation))
    grey, chroma = written_with(folder, tmp_path / "0", "--saturation", "0")
    assert np.ptp(grey, axis=2).max() == 0 and np.abs(chroma).mean() > 1, "the record has the colours all the same"


def test_a_sample_is_drawn_as_large_as_was_asked(folder, tmp_path):
    assert written_with(folder, tmp_path, "--long-side", "96")[1].shape == (2, 16, 24)


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (270, 3)])
def test_photographs_are_turned_as_was_asked(folder, tmp_path, capsys, degrees, turns):
    before = (folder / "scan.jpg").read_bytes()
    image, chroma = written_with(folder, tmp_path, "--rotate", str(degrees))
    photo = read_photo(folder / "scan.jpg").turned(turns)
    assert f"{photo.width} x {photo.height}" in capsys.readouterr().err and image.shape[:2] == (photo.height, photo.width)
    model = load_model(folder / "tiny.safetensors", device="cpu")
    (sample,) = colorize_photo(photo, model, seeds=[1], temperature=TEMPERATURE, candidates=CANDIDATES)
    assert np.array_equal(chroma, sample.chroma) and np.array_equal(image, compose(photo, chroma))
    assert read_png_text(tmp_path / "scan-colorized-1.png")["picgui:rotation"] == str(degrees)
    assert (folder / "scan.jpg").read_bytes() == before
    write_sample(tmp_path / "library.png", photo, sample, model)
    assert read_png_text(tmp_path / "library.png").items() >= {"picgui:rotation": str(degrees), "picgui:source": "scan.jpg"}.items()


def test_results_of_another_rotation_are_of_other_settings(folder, tmp_path, capsys):
    command = ["colorize", str(folder / "scan.jpg"), "-n", "1", "-o", str(tmp_path), "--checkpoint", str(folder / "tiny.safetensors"), "--device", "cpu"]
    assert main(command) == 0 and "picgui:rotation" not in read_png_text(tmp_path / "scan-colorized-1.png"), "as older ones"
    for _ in range(2):
        assert main([*command, "--rotate", "90"]) == 1 and "other settings" in capsys.readouterr().err
        assert main([*command, "--rotate", "90", "--overwrite"]) == 0
        assert main([*command, "--rotate", "90"]) == 0 and "already there" in capsys.readouterr().err
        assert main(command) == 1 and "other settings" in capsys.readouterr().err
        assert main([*command, "--overwrite"]) == 0


@pytest.mark.parametrize("degrees", ["45", "-90", "360", "right"])
def test_a_rotation_is_of_quarters(degrees, capsys):
    with pytest.raises(SystemExit):
        main(["colorize", "scan.jpg", f"--rotate={degrees}"])
    assert f"argument --rotate: '{degrees}' is not 90, 180 or 270" in capsys.readouterr().err


def test_one_bad_photograph_fails_alone(folder):
    done = colorize(folder, "broken.jpg", "scan.jpg", "nowhere.png", "-n", 1, "-o", "some")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1 and (folder / "some/scan-colorized-1.png").exists()
    assert "broken.jpg" in done.stderr and "nowhere.png" in done.stderr and "Traceback" not in done.stderr


def test_a_foreign_file_is_not_overwritten_and_ones_own_is(folder):
    (folder / "mine").mkdir()
    (folder / "mine/scan-colorized-1.png").write_bytes(b"precious")
    done = colorize(folder, "scan.jpg", "-n", 1, "-o", "mine")
    assert done.returncode == 1 and "exists" in done.stderr
    assert (folder / "mine/scan-colorized-1.png").read_bytes() == b"precious"
    done = colorize(folder, "scan.jpg", "-n", 1, "-o", "mine", "--overwrite")
    assert done.returncode == 1 and (folder / "mine/scan-colorized-1.png").read_bytes() == b"precious"


def test_what_is_already_there_is_skipped_and_replaced_only_when_asked(folder):
    assert colorize(folder, "scan.jpg", "-n", 1, "-o", "twice").returncode == 0
    first = (folder / "twice/scan-colorized-1.png").read_bytes()
    more = colorize(folder, "scan.jpg", "-n", 2, "-o", "twice")
    assert more.returncode == 0 and len(more.stdout.splitlines()) == 2 and more.stderr.count("already there") == 1
    other = colorize(folder, "scan.jpg", "-n", 1, "-o", "twice", "--temperature", 0.5)
    assert other.returncode == 1 and "--overwrite" in other.stderr
    assert (folder / "twice/scan-colorized-1.png").read_bytes() == first
    assert colorize(folder, "scan.jpg", "-n", 1, "-o", "twice", "--candidates", 1).returncode == 1
    assert colorize(folder, "scan.jpg", "-n", 1, "-o", "twice", "--temperature", 0.5, "--overwrite").returncode == 0
    assert (folder / "twice/scan-colorized-1.png").read_bytes() != first


def test_what_an_earlier_version_drew_is_done(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    command = ["colorize", "scan.jpg", "-n", "1", "-o", "earlier", "--checkpoint", "tiny.safetensors", "--device", "cpu"]
    with monkeypatch.context() as patch:
        patch.setattr("picgui.pipeline.__version__", "0.0.1")
        assert main(command) == 0
    assert main(command) == 0 and "already there" in capsys.readouterr().err


def test_what_is_wrong_with_the_machine_is_not_laid_to_standard_output(folder, monkeypatch, capsys):
    def missing(*arguments, **options):
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr("picgui.pipeline.load_model", missing)
    with pytest.raises(OSError, match="libgomp"):
        main(["colorize", str(folder / "scan.jpg"), "-n", "1"])
    assert "Standard output" not in capsys.readouterr().err


def test_another_photograph_of_that_name_is_not_taken_as_done(folder):
    assert colorize(folder, "scan.jpg", "-n", 1, "-o", "names").returncode == 0
    first = (folder / "names/scan-colorized-1.png").read_bytes()
    (folder / "elsewhere").mkdir()
    cv2.imwrite(str(folder / "elsewhere/scan.jpg"), pixels(folder / "scan.jpg")[:90])
    for asked in ((), ("--overwrite",)):
        done = colorize(folder, "elsewhere/scan.jpg", "-n", 1, "-o", "names", *asked)
        assert done.returncode == 1 and "another photograph" in done.stderr
    assert (folder / "names/scan-colorized-1.png").read_bytes() == first


def test_results_in_a_folder_are_no_photographs_unless_they_are_named(folder):
    (folder / "own").mkdir()
    (folder / "own/a.jpg").write_bytes((folder / "scan.jpg").read_bytes())
    (folder / "own/b-colorized-1.png").write_bytes((folder / "deep.png").read_bytes())  # a photograph that is only called so
    for kept in (0, 2, 2):
        named = ["own"] if kept < 2 else sorted(path.relative_to(folder) for path in (folder / "own").iterdir())  # as the shell does with own/*
        done = colorize(folder, *named, "-n", 1, "-o", "own")
        assert done.returncode == 0 and len(done.stdout.splitlines()) == 2 and done.stderr.count("already there") == kept, done.stderr
        assert len(list((folder / "own").iterdir())) == 4
        left_out = "2 results of picgui were left out.\nResults are colorized where nothing else is named."
        assert (left_out in done.stderr) is (len(named) == 4), "what is named is told of"
    done = colorize(folder, "own/a-colorized-1.png", "-n", 1, "-o", "again")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1 and "left out" not in done.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text there")
def test_names_that_are_no_text_are_colorized_and_known_again(folder):
    name = os.fsdecode(b"Gro\xdfmutter.jpg")
    (folder / name).write_bytes((folder / "scan.jpg").read_bytes())
    for kept in (0, 1):
        done = subprocess.run(
            [sys.executable, "-m", "picgui", "colorize", name, "-n", "1", "-o", "bytes", "--checkpoint", "tiny.safetensors"],
            cwd=folder, capture_output=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout == b"bytes/Gro\xdfmutter-colorized-1.png\n" and done.stderr.count(b"already there") == kept


def test_a_file_is_no_folder_to_write_into(folder):
    (folder / "taken").write_bytes(b"")
    done = colorize(folder, "scan.jpg", "-n", 1, "-o", "taken")
    assert done.returncode == 1 and "taken is a file, not a folder. Choose a folder." in done.stderr


def test_a_name_too_long_fails_alone(folder):
    done = colorize(folder, "m" * 300 + ".jpg", "scan.jpg", "-n", 1, "-o", "long")
    assert done.returncode == 1 and "Traceback" not in done.stderr and len(done.stdout.splitlines()) == 1
    assert [path.name for path in (folder / "long").iterdir()] == ["scan-colorized-1.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such devices there")
def test_standard_output_that_is_full_or_closed_is_no_traceback(folder):
    command = [sys.executable, "-m", "picgui", "colorize", "scan.jpg", "-n", "1", "--checkpoint", "tiny.safetensors"]
    with open("/dev/full", "w") as full:
        done = subprocess.run([*command, "-o", "full"], cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == 1 and "Standard output cannot be written" in done.stderr and "Traceback" not in done.stderr
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*command, "-o", "pipe"], cwd=folder, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=300)
    os.close(writing)
    assert done.returncode == 1 and "Traceback" not in done.stderr


def test_memory_that_runs_out_while_composing_fails_one_photograph(folder, monkeypatch, capsys):
    def full(*arguments, **options):
        raise MemoryError

    monkeypatch.chdir(folder)
    monkeypatch.setattr("picgui.batch.compose", full)
    arguments = ["colorize", "scan.jpg", "deep.png", "-n", "1", "-o", "memory", "--checkpoint", "tiny.safetensors", "--device", "cpu"]
    assert main(arguments) == 1
    assert capsys.readouterr().err.count("not enough memory") == 2


def test_shards_share_the_photographs_out(folder):
    (folder / "many").mkdir()
    for name in "abc":
        (folder / f"many/{name}.jpg").write_bytes((folder / "scan.jpg").read_bytes())
    written = []
    for shard in ("1/2", "2/2"):
        done = colorize(folder, "many", "-n", 1, "-o", "shards", "--shard", shard)
        assert done.returncode == 0, done.stderr
        written.append(len(done.stdout.splitlines()))
    assert written == [2, 1] and len(list((folder / "shards").iterdir())) == 3
    assert picgui(folder, "colorize", "many", "--shard", "3/2").returncode == 2


def test_a_folder_of_photographs_is_taken_whole(folder):
    (folder / "scans").mkdir()
    for name in ("a.jpg", "b.JPG"):
        (folder / "scans" / name).write_bytes((folder / "scan.jpg").read_bytes())
    done = colorize(folder, "scans", "-n", 1, "-o", "all")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 2


def tree(folder, **files):
    """A folder of photographs, by their paths with two underscores for each step down."""
    for name, data in files.items():
        path = folder / f"{name.replace('__', '/')}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.fixture
def albums(folder, tmp_path):
    """Scans of one name in albums, and what is none of a person's."""
    scan = (folder / "scan.jpg").read_bytes()
    box = tree(tmp_path / "box", scan001=scan, album__scan001=scan, album__older__scan001=scan, empty__x=scan)
    tree(box, **{".thumbnails__scan001": scan, "@eaDir__scan001": scan, "$RECYCLE.BIN__scan001": scan})
    (box / "empty" / "x.jpg").unlink()
    return box


def found_in(box, **options):
    found = Found()
    for more in photos_inside(photos_of([box]).folders, **options):
        found.extend(more)
    return found


def test_folders_inside_are_searched_and_none_that_is_hidden_or_a_link(albums, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.jpg").touch()
    if os.name != "nt":  # links need rights there
        (albums / "album" / "up").symlink_to(albums)
        (albums / "away").symlink_to(tmp_path / "elsewhere")
    expected = [albums / "album" / "scan001.jpg", albums / "album" / "older" / "scan001.jpg"]
    assert found_in(albums).photos == expected and photos_of([albums]).photos == [albums / "scan001.jpg"]
    (albums / "album" / "phone.heic").touch()
    assert found_in(albums).left_out == ["1 file of another kind was left out (.heic)."]
    assert found_in(albums, but=[albums / "album" / ".." / "album"]).photos == []
    assert photos_of([albums, albums / "album"]).folders == [albums / "empty", albums / "album" / "older"], "each is searched once"


def test_where_a_photograph_lies_is_told_from_the_nearest_folder(albums):
    assert place_in([albums], albums / "album" / "older" / "a.jpg") == Path("album/older")
    assert place_in([albums, albums / "album"], albums / "album" / "older" / "a.jpg") == Path("older")
    assert place_in([albums], albums / "a.jpg") == place_in([], albums / "album" / "a.jpg") == Path()


def test_a_folder_that_cannot_be_read_hinders_no_other(albums, monkeypatch):
    def refused(folder):
        if Path(folder).name == "older":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    scandir = os.scandir
    monkeypatch.setattr("picgui.photo.os.scandir", refused)
    found = found_in(albums)
    assert found.photos == [albums / "album" / "scan001.jpg"] and [str(error)[:30] for error in found.errors] == ["The folder older cannot be rea"]


def test_folders_inside_are_colorized_into_folders_of_the_same_names(folder, albums, monkeypatch, capsys):
    monkeypatch.chdir(albums.parent)
    command = ["colorize", "box", "-n", "1", "-o", "box/out", "--checkpoint", str(folder / "tiny.safetensors"), "--device", "cpu"]
    assert main([*command, "-o", "flat"]) == 0 and len(list(Path("flat").rglob("*.png"))) == 1
    expected = [f"box/out/{place}scan001-colorized-1.png" for place in ("", "album/", "album/older/")]
    for kept in (0, 3):
        capsys.readouterr()
        assert main([*command, "--recursive"]) == 0
        told = capsys.readouterr()
        assert told.out.replace(os.sep, "/").split() == expected and told.err.count("already there") == kept
    Path("box/out/edited.jpg").write_bytes((folder / "scan.jpg").read_bytes())
    assert main([*command, "-r"]) == 0 and not Path("box/out/out").exists(), "what lies where the results go is no photograph"
    assert main(["colorize", "box/empty", *command[2:]]) == 1 and "--recursive looks into the folders in it." in capsys.readouterr().err
    assert main(["colorize", "box/empty", *command[2:], "-r"]) == 1 and "without photographs." in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["jpg", "tif"])
def test_other_kinds_of_files_are_known_again_and_replaced_only_when_asked(folder, tmp_path, monkeypatch, capsys, kind):
    monkeypatch.chdir(folder)
    target = tmp_path / f"scan-colorized-1.{kind}"
    command = ["colorize", "scan.jpg", "-n", "1", "-o", str(tmp_path), "--format", kind, "--checkpoint", "tiny.safetensors", "--device", "cpu"]
    assert main(command) == 0 and pixels(target).shape == (100, 150, 3)
    first = target.read_bytes()
    assert main(command) == 0 and "already there" in capsys.readouterr().err and target.read_bytes() == first
    assert main([*command, "--temperature", "0.3"]) == 1 and "other settings" in capsys.readouterr().err and target.read_bytes() == first
    assert main([*command, "--temperature", "0.3", "--overwrite"]) == 0 and read_texts(target)["picgui:temperature"] == "0.3"
    captioned = tmp_path / "scan.jpg"
    captioned.write_bytes((scan := (folder / "scan.jpg").read_bytes())[:2] + b"\xff\xfe\0\x0egrandmother\0" + scan[2:])
    capsys.readouterr()
    assert main([command[0], str(captioned), *command[2:], "--temperature", "0.3"]) == 0 and "already there" in capsys.readouterr().err, "the same pixels"
    assert photos_of([tmp_path]).photos == [captioned]


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan.jpg", "--format", "gif"),
        ("scan.jpg", "--temperature", "-1"),
        ("scan.jpg", "-n", "0"),
        ("scan.jpg", "--candidates", "0"),
        ("scan.jpg", "--candidates", "65"),
        ("scan.jpg", "--seed", "x"),
        ("scan.jpg", "--temperature", "hot"),
        ("scan.jpg", "-n", "20260101"),
        (),
    ],
)
def test_bad_arguments_are_refused(folder, arguments):
    done = picgui(folder, "colorize", *arguments)
    assert done.returncode == 2 and "Traceback" not in done.stderr and not done.stdout
    assert "_" not in done.stderr.splitlines()[-1], "no function's name"


def test_an_impossible_size_is_told_once_and_before_anything_is_read(folder):
    done = colorize(folder, "scan.jpg", "deep.png", "--long-side", 99999, "-o", "huge")
    assert done.returncode == 1 and done.stderr.count("99999") == 1 and "scan.jpg" not in done.stderr
    assert not (folder / "huge").exists()


def test_a_bad_checkpoint_is_a_sentence(folder):
    done = picgui(folder, "colorize", "scan.jpg", "--checkpoint", "scan.jpg")
    assert done.returncode == 1 and "scan.jpg" in done.stderr and "Traceback" not in done.stderr


def test_two_photographs_of_one_name_are_not_mixed_up(folder):
    (folder / "other").mkdir()
    (folder / "other/scan.jpg").write_bytes((folder / "scan.jpg").read_bytes())
    done = colorize(folder, "scan.jpg", "other/scan.jpg", "deep.png", folder / "scan.jpg", "-n", 1, "-o", "mixed")
    assert done.returncode == 1 and done.stderr.count("left out") == 1 and "another folder" in done.stderr
    assert len(done.stdout.splitlines()) == 2, "the others, each once whatever it was called"


def test_a_bad_photograph_takes_none_of_its_name_with_it(folder):
    (folder / "good").mkdir()
    (folder / "good/broken.jpg").write_bytes((folder / "scan.jpg").read_bytes())
    (folder / "empty").mkdir()
    done = colorize(folder, "empty", "broken.jpg", "good/broken.jpg", "-n", 1, "-o", "namesakes")
    assert done.returncode == 1 and "left out" not in done.stderr and "--recursive looks into the folders in it" in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_what_appears_meanwhile_is_not_overwritten(folder, monkeypatch, capsys):
    def slow(*arguments, **options):
        Path("race/scan-colorized-1.png").write_text("precious")
        return compose(*arguments, **options)

    monkeypatch.chdir(folder)
    from picgui.batch import compose

    monkeypatch.setattr("picgui.batch.compose", slow)
    arguments = ["colorize", "scan.jpg", "-n", "2", "--seed", "0", "-o", "race", "--checkpoint", "tiny.safetensors", "--device", "cpu"]
    assert main(arguments) == 1 and "is not an earlier result" in capsys.readouterr().err
    assert Path("race/scan-colorized-1.png").read_text() == "precious" and Path("race/scan-colorized-0.png").exists()


def test_a_folder_that_nothing_can_be_written_in_is_told_before_anything_is_drawn(folder, monkeypatch, capsys):
    opened = Path.open

    def full(path, mode="r", *arguments, **options):
        if "x" in mode:
            raise OSError(30, "Read-only file system")
        return opened(path, mode, *arguments, **options)

    monkeypatch.chdir(folder)
    monkeypatch.setattr(Path, "open", full)
    assert main(["colorize", "scan.jpg", "-o", "ro", "--checkpoint", "tiny.safetensors", "--device", "cpu"]) == 1
    told = capsys.readouterr().err
    assert "Nothing can be written in the folder ro: Read-only file system." in told and "150 x 100" not in told


def test_a_full_disk_ends_the_work(folder, monkeypatch, capsys):
    def full(*arguments, **options):
        raise DestinationError("The disk is full.")

    monkeypatch.chdir(folder)
    monkeypatch.setattr("picgui.batch.write_picture", full)
    arguments = ["colorize", "scan.jpg", "deep.png", "-n", "1", "-o", "disk", "--checkpoint", "tiny.safetensors", "--device", "cpu"]
    assert main(arguments) == 1 and capsys.readouterr().err.count("disk is full") == 1


@pytest.mark.parametrize("same", [True, False])
def test_what_another_program_writes_meanwhile_is_kept(folder, capsys, monkeypatch, same):
    def beaten(path, image, *, text, exclusive, **options):
        assert exclusive
        write_png(path, image, text=text if same else {"Software": "another"}, **options)
        before.append(path.read_bytes())
        write_png(path, image, text=text, exclusive=exclusive, **options)

    before, out = [], f"beaten-{same}"
    monkeypatch.chdir(folder)
    monkeypatch.setattr("picgui.batch.write_picture", beaten)
    status = main(["colorize", "scan.jpg", "-n", "1", "-o", out, "--checkpoint", "tiny.safetensors", "--device", "cpu"])
    assert status == (0 if same else 1) and (folder / out / "scan-colorized-1.png").read_bytes() == before[0]
    assert same or "is not an earlier result" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such devices there")
def test_a_log_that_cannot_be_written_stops_nothing(folder):
    command = [sys.executable, "-m", "picgui", "colorize", "scan.jpg", "-n", "1", "--checkpoint", "tiny.safetensors"]
    with open("/dev/full", "w") as log:
        done = subprocess.run([*command, "-o", "log"], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout.splitlines() == ["log/scan-colorized-1.png"]


def test_temperatures_that_differ_little_are_others(folder):
    for temperature, status in (("0.7500001", 0), ("0.75", 1), ("0.7500001", 0)):
        assert colorize(folder, "scan.jpg", "-n", 1, "--temperature", temperature, "-o", "near").returncode == status
    assert read_png_text(folder / "near/scan-colorized-1.png")["picgui:temperature"] == "0.7500001"


def test_colorize_never_imports_qt(folder):
    code = (
        "import sys; from picgui.cli import main\n"
        "status = main(['colorize', 'scan.jpg', '-n', '1', '-o', 'noqt', '--checkpoint', 'tiny.safetensors'])\n"
        "assert status == 0 and not [m for m in sys.modules if m.startswith(('PySide6', 'shiboken6'))]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_the_version_is_told(folder):
    done = picgui(folder, "--version")
    assert done.returncode == 0 and done.stdout.startswith("picgui ")


@pytest.mark.parametrize("ending", WRITERS)
def test_a_draft_or_a_sample_with_given_colours_is_not_what_would_be_drawn(tmp_path, ending):
    target, chroma = tmp_path / f"scan-colorized-1{ending}", np.zeros((2, 3, 4), np.float32)
    text = png_text(checkpoint="c", seed=1, temperature=0.65, candidates=4, source=Path("scan.jpg"))
    unasked = {"source_digest": "d", "fingerprint": lambda _: pytest.fail("the photograph needs not be read")}
    sample = {"photo": "f", "seed": 1, "temperature": 0.65, "candidates": 4, "checkpoint": "c", "chroma": chroma, "log_prob": -1.0}
    known = Known(np.ones((3, 4), bool), chroma)
    for change, is_one in (({}, True), ({"rows": 2}, False), ({"known": known}, False)):
        kept = record.sample_text(**sample, **change)
        write_picture(target, np.zeros((8, 8, 3), np.uint8), text=text | {record.KEY: kept})
        if is_one:
            assert not record.is_needed(target, text, overwrite=False, **unasked)
        else:
            with pytest.raises(ExistsError, match="by hand" if "known" in change else "other settings"):
                record.is_needed(target, text, overwrite=False, **unasked)
        if "known" in change:
            with pytest.raises(ExistsError, match="by hand"):
                record.is_needed(target, text, overwrite=True, **unasked)
        else:
            assert record.is_needed(target, text, overwrite=True, **unasked) is not is_one, "what is done is done"


@pytest.mark.parametrize("ending", WRITERS)
def test_a_result_is_known_by_its_photograph_whatever_that_is_called_and_by_its_size(tmp_path, ending):
    target, pixels = tmp_path / f"scan-colorized-1{ending}", np.zeros((8, 8, 3), np.uint8)
    text = png_text(checkpoint="c", seed=1, temperature=0.65, candidates=4, source=Path("scan.jpg"))
    unasked = {"source_digest": "d", "fingerprint": lambda _: pytest.fail("the photograph needs not be read")}
    write_picture(target, pixels, text=text | {record.SOURCE_DIGEST: "d"})
    renamed = text | {"picgui:source": "scan.JPG"}
    assert not record.is_needed(target, renamed, overwrite=False, **unasked)
    with pytest.raises(ExistsError, match="not an earlier result of scan.JPG"):
        record.is_needed(target, renamed, overwrite=True, **unasked | {"source_digest": "e"})
    with pytest.raises(ExistsError, match="another photograph of the name scan.jpg"):
        record.is_needed(target, text, overwrite=True, **unasked | {"source_digest": "e"})
    write_picture(target, pixels, text=text | {record.SOURCE_DIGEST: "d", record.REDUCED: "8 x 8"})
    with pytest.raises(ExistsError, match="other settings"):
        record.is_needed(target, text, overwrite=False, **unasked)
    assert record.is_needed(target, text, overwrite=True, **unasked)


def test_the_same_pixels_are_the_same_photograph_whatever_else_its_file_says(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scan = (folder / "scan.jpg").read_bytes()
    Path("scan.jpg").write_bytes(scan)
    command = ["colorize", "-n", "1", "-o", "out", "--checkpoint", str(folder / "tiny.safetensors"), "--device", "cpu"]
    assert main([*command, "scan.jpg"]) == 0
    captioned = scan[:2] + b"\xff\xfe\0\x0egrandmother\0" + scan[2:]
    Path("scan.jpg").write_bytes(captioned)
    assert main([*command, "scan.jpg"]) == 0 and "already there" in capsys.readouterr().err
    assert main([*command, "scan.jpg", "--rotate", "90", "--overwrite"]) == 0
    assert main([*command, "scan.jpg", "--rotate", "0", "--temperature", "0.5", "--overwrite"]) == 0
    assert read_png_text("out/scan-colorized-1.png")[record.SOURCE_DIGEST] == file_digest("scan.jpg")
    Path("scan.JPEG").write_bytes(scan)
    assert main([*command, "scan.JPEG", "--temperature", "0.5"]) == 0 and "already there" in capsys.readouterr().err
    cv2.imwrite("scan.jpg", pixels("scan.jpg") // 2)
    assert main([*command, "scan.jpg", "--temperature", "0.5", "--overwrite"]) == 1 and "another photograph" in capsys.readouterr().err


def test_a_record_that_is_too_deep_to_be_read_is_one_of_other_settings(tmp_path):
    target, text = tmp_path / "scan-colorized-1.png", png_text(checkpoint="c", seed=1, temperature=0.65, source=Path("scan.jpg"))
    write_png(target, np.zeros((8, 8, 3), np.uint8), text=text | {record.SOURCE_DIGEST: "d", record.KEY: '{"a":' + "[" * 200_000})
    for digest, words in (("d", "other settings"), ("e", "another photograph")):
        with pytest.raises(ExistsError, match=words):
            record.is_needed(target, text, source_digest=digest, fingerprint=lambda turns: "f", overwrite=False)


def test_no_folder_is_made_for_photographs_that_are_not_there(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    (folder / "unread.jpg").write_bytes(b"garbage")
    assert main(["colorize", "nope.jpg", "unread.jpg", "-o", "nowhere", "--checkpoint", "tiny.safetensors", "--device", "cpu"]) == 1
    assert "There is no file nope.jpg" in capsys.readouterr().err and not Path("nowhere").exists()


def test_that_the_disk_will_be_full_is_told_once(folder, tmp_path, monkeypatch, capsys):
    (tmp_path / "many").mkdir()
    for name in "abcd":
        (tmp_path / f"many/{name}.jpg").write_bytes((folder / "scan.jpg").read_bytes())
    monkeypatch.chdir(tmp_path)
    command = ["colorize", "many", "-n", "1", "-o", "out", "--checkpoint", str(folder / "tiny.safetensors"), "--device", "cpu"]
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=9))
        assert main(command) == 0
        assert capsys.readouterr().err.count("are still to be written, and there is room for 0 MB in out. Free some space") == 1
        assert main(command) == 0 and "still to be written" not in capsys.readouterr().err, "where all is there"
    assert main([*command, "-o", "out2"]) == 0 and "still to be written" not in capsys.readouterr().err


def test_what_is_still_to_be_written_is_projected_from_what_was(monkeypatch):
    projection = Projection()
    assert projection.size(400) == 0 and projection.warning(Path(), 400) is None
    for size in (600_000_000, 0, 800_000_000):  # of the second all was there
        projection.take(size)
    assert projection.size(400) == 280_000_000_000
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=9_001_000_000))
    assert projection.warning(Path("out"), 400) == "Some 280 GB are still to be written, and there is room for 9000 MB in out. Free some space before the disk is full."
    assert projection.warning(Path("out"), 12) is None
    assert projection.size(12.5) == 8_750_000_000
    monkeypatch.undo()
    assert projection.warning(Path("nowhere"), 400) is None, "which cannot be told there"


def test_an_empty_name_is_no_folder(folder, capsys):
    for arguments in (["colorize", ""], ["colorize", "scan.jpg", "-o", ""], [""]):
        with pytest.raises(SystemExit):
            main(arguments)
        assert "it is empty" in capsys.readouterr().err


def test_what_nobody_expected_of_one_photograph_does_not_stop_the_others(folder, monkeypatch, capsys):
    from picgui.batch import compose

    def failing(photo, *arguments, **options):
        if photo.bit_depth == 8:
            raise RuntimeError("CUDA error: unspecified launch failure")
        return compose(photo, *arguments, **options)

    monkeypatch.chdir(folder)
    monkeypatch.setattr("picgui.batch.compose", failing)
    assert main(["colorize", "scan.jpg", "deep.png", "-n", "1", "-o", "odd", "--checkpoint", "tiny.safetensors", "--device", "cpu"]) == 1
    assert "scan.jpg: something unexpected went wrong (RuntimeError: CUDA error" in capsys.readouterr().err
    assert [path.name for path in Path("odd").iterdir()] == ["deep-colorized-1.png"]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there are no such signals")
@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_who_ends_it_from_outside_finds_nothing_half_written(folder, name):
    if signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
        pytest.skip("as these tests do, it ignores that signal")
    command = [sys.executable, "-m", "picgui", "colorize", "scan.jpg", "-n", "5000", "-o", name, "--checkpoint", "tiny.safetensors", "--device", "cpu"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline()
        process.send_signal(getattr(signal, name))
        assert "picgui: stopped" in process.communicate(timeout=300)[1]
    assert process.returncode == 130
    assert all(path.name.startswith("scan-colorized-") for path in (folder / name).iterdir())


def test_a_name_of_a_picture_is_no_folder(folder):
    done = colorize(folder, "scan.jpg", "-n", 1, "-o", "out.png")
    assert done.returncode == 1 and "name of a picture" in done.stderr and not (folder / "out.png").exists()


def test_patterns_that_the_shell_leaves_are_searched_for_on_windows(tmp_path, monkeypatch):
    for name in ("b.jpg", "a.jpg", "c.png"):
        (tmp_path / name).touch()
    asked = [tmp_path / "*.jpg", tmp_path / "*.bmp", tmp_path / "c.png"]
    assert cli._matching(asked) == asked
    monkeypatch.setattr(cli, "os", SimpleNamespace(name="nt", path=os.path))
    assert cli._matching(asked) == [tmp_path / "a.jpg", tmp_path / "b.jpg", *asked[1:]]
    (tmp_path / "[ab].jpg").touch()
    assert cli._matching([tmp_path / "[ab].jpg"]) == [tmp_path / "[ab].jpg"], "a file of that name"


def test_what_the_library_writes_is_as_good_as_what_the_command_does(folder, tmp_path, capsys):
    photo, model = read_photo(folder / "scan.jpg"), load_model(folder / "tiny.safetensors", device="cpu")
    options = {"temperature": np.float32(0.75), "candidates": np.int64(CANDIDATES), "long_side": 96}
    (sample,) = colorize_photo(photo, model, seeds=np.arange(1, 2), **options)
    write_sample(tmp_path / "scan-colorized-1.png", photo, sample, model, long_side=96)
    assert read_png_text(tmp_path / "scan-colorized-1.png")[record.SOURCE_DIGEST] == file_digest(folder / "scan.jpg")
    write_sample(tmp_path / "b.png", photo, sample, model, source="grandmother.jpg")
    text = read_png_text(tmp_path / "b.png")
    assert text["picgui:source"] == "grandmother.jpg" and record.SOURCE_DIGEST not in text
    write_sample(tmp_path / "c.png", replace(photo, source=None), sample, model)
    assert not {"picgui:source", record.SOURCE_DIGEST} & read_png_text(tmp_path / "c.png").keys(), "it is in no file"
    command = ["colorize", str(folder / "scan.jpg"), "-n", "1", "-o", str(tmp_path), "--checkpoint", str(folder / "tiny.safetensors"), "--device", "cpu", "--temperature", "0.75"]
    assert main([*command, "--long-side", "96"]) == 0 and "already there" in capsys.readouterr().err
    assert main(command) == 1 and "other settings" in capsys.readouterr().err
    assert main([*command, "--long-side", "96", "-o", str(tmp_path / "again")]) == 0
    assert np.array_equal(pixels(tmp_path / "scan-colorized-1.png"), pixels(tmp_path / "again" / "scan-colorized-1.png"))


def test_photographs_keep_the_order_in_which_they_are_named(tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    (tmp_path / "box").mkdir()
    for name in ("box/a.png", "b.png"):
        write_png(tmp_path / name, image)
    write_png(tmp_path / "own.png", image, text={"picgui:seed": "1"})
    box, b, own = tmp_path / "box", tmp_path / "b.png", tmp_path / "own.png"
    for named, found in (([box, own, b], [box / "a.png", b]), ([b, box], [b, box / "a.png"]), ([own, own], [own]), ([box, own], [box / "a.png"]), ([own], [own])):
        kept = photos_of(named)
        assert kept.photos == found and kept.results == [path for path in dict.fromkeys(named) if path == own and own not in found] and not kept.errors
    assert photos_of([b, own]).left_out == ["own.png is a result of picgui and was left out."]


def test_pictures_of_other_kinds_in_a_folder_are_told_of(tmp_path, monkeypatch, capsys):
    for name in ("a.HEIC", "b.cr2", "c.heic", "notes.txt", "._d.heic"):
        (tmp_path / name).touch()
    told = "3 files of other kinds were left out (.cr2, .heic)."
    assert photos_of([tmp_path]).left_out == photos_of([tmp_path, tmp_path / "." / ".." / tmp_path.name]).left_out == [told]
    (tmp_path / "a.HEIC").unlink()
    (tmp_path / "b.cr2").unlink()
    assert photos_of([tmp_path]).left_out == ["1 file of another kind was left out (.heic)."]
    assert photos_of([tmp_path / "c.heic"]) == Found([tmp_path / "c.heic"]), "what is named is told of when it is read"
    monkeypatch.chdir(tmp_path)
    checkpoint(tmp_path)
    assert main(["colorize", str(tmp_path), "-o", "out", "--checkpoint", "tiny.safetensors", "--device", "cpu"]) == 1
    told = capsys.readouterr().err
    assert "1 file of another kind was left out (.heic)." in told and "a folder without photographs" in told and not Path("out").exists()


@pytest.mark.parametrize("letter", ["n", "ж", "写"])
def test_a_photograph_of_the_longest_name_has_results(folder, letter):
    stem = letter * (251 // len(letter.encode()))
    shutil.copy(folder / "scan.jpg", folder / f"{stem}.jpg")
    done = colorize(folder, f"{stem}.jpg", "-n", 1, "-o", f"long{ord(letter)}")
    assert done.returncode == 0, done.stderr
    (written,) = (folder / f"long{ord(letter)}").glob("*.png")
    assert written.name.endswith(f"{letter}-colorized-1.png") and len(result_name(stem, 2**64 - 1, "-2.jpeg").encode()) <= 255
    assert set(namesakes({Path(f"{stem}a.jpg"): Path("out"), Path(f"{stem}b.jpg"): Path("out")})) == {Path(f"{stem}b.jpg")}
    assert result_name("Großmutter", 3) == "Großmutter-colorized-3.png"


@pytest.mark.parametrize("platform, number", [("linux", 0), ("darwin", 1), ("win32", 1)])
def test_names_that_are_one_file_on_a_disk_are_namesakes(monkeypatch, platform, number):
    monkeypatch.setattr(sys, "platform", platform)
    assert len(namesakes({Path("Foto.jpg"): Path("out"), Path("foto.png"): Path("out")})) == number
    assert namesakes({Path("x/a.jpg"): Path("out"), Path("y/a.jpg"): Path("out")}) == {Path("y/a.jpg"): Path("x/a.jpg")}
    assert namesakes({Path("x/a.jpg"): Path("out/x"), Path("y/a.jpg"): Path("out/y")}) == {}


def test_a_library_that_pytorch_lacks_is_told(folder, monkeypatch, capsys):
    def lacking(name, *arguments):
        if name == "picgui.pipeline":
            raise OSError("[WinError 126] The specified module could not be found")
        return imported(name, *arguments)

    imported = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", lacking)
    assert main(["colorize", str(folder / "scan.jpg")]) == 1
    assert "WinError 126" in capsys.readouterr().err


def test_names_go_to_a_standard_output_of_any_alphabet(folder):
    (folder / "照片.jpg").write_bytes((folder / "scan.jpg").read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "picgui", "colorize", "照片.jpg", "scan.jpg", "-n", "1", "-o", "names2", "--checkpoint", "tiny.safetensors", "--device", "cpu"],
        cwd=folder, capture_output=True, timeout=300, env=os.environ | {"PYTHONIOENCODING": "cp1252"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = [Path(line).name for line in done.stdout.decode(sys.getfilesystemencoding()).splitlines()]
    assert names == ["照片-colorized-1.png", "scan-colorized-1.png"]


def test_a_checkpoint_of_an_impossible_name_is_told(folder):
    done = picgui(folder, "colorize", "scan.jpg", "--checkpoint", "x" * 300 + ".safetensors")
    assert done.returncode == 1 and "There is no checkpoint" in done.stderr and "tandard output" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_that_leads_nowhere_is_not_replaced(folder):
    (folder / "links").mkdir()
    link = folder / "links" / "scan-colorized-1.png"
    link.symlink_to(folder / "not-fetched.png")
    done = colorize(folder, "scan.jpg", "-n", 1, "-o", "links", "--overwrite")
    assert done.returncode == 1 and "exists and is not an earlier result" in done.stderr and link.is_symlink()


def test_a_library_that_the_window_lacks_is_told(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "picgui.gui.app", None)
    assert main([]) == 1
    told = capsys.readouterr().err
    assert told.startswith("picgui: The window cannot be opened") and "picgui colorize PHOTO works" in told
