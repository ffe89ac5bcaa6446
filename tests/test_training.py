"""Training: reading pictures, the batch, a run that learns, stops, and goes on exactly; evaluation and export."""

import io
import json
import math
import os
import pickle
import re
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from PIL import Image
from skimage.color import rgb2lab

import training
import training.evaluate
from picgui import color
from picgui.errors import DataError
from picgui.opencv import cv2
from picgui.paths import PART, default_checkpoint
from picgui.pic import mixture
from picgui.pic.checkpoint import load_checkpoint
from picgui.pic.layers import WeightNormConv2d
from picgui.pic.network import CONFIGS, PIC, reduce_luminance
from picgui.photo import read_colors
from picgui.pipeline import load_model
from tests.models import TINY, TINY_PAPER, checkpoint, network
from tests.profiles import wide_gamut_profile
from tests.runs import colored_picture, encoded, full_disk, run, write_pack
from training.augment import Augmentation, crop_and_flip, lab_batch, training_batch
from training.config import read_config
from training.data import Pictures, _read, load_pictures
from training.evaluate import evaluate, evaluate_coarse
from training.figures import photographs
from training.parallel import World
from training.train import CURVE_COLUMNS, Trainer, _Log, read_state

RNG = np.random.default_rng(0)
ALL = Augmentation(corrupt_past=0.6, degrade_luminance=0.5, known_dabs=0.4, known_surroundings=0.2)


# reading pictures


def test_packs_are_read_by_split(folder, tmp_path):
    train = load_pictures([folder], split="train", size=36, cache=tmp_path)
    validation = load_pictures([folder], split="validation", size=36, cache=tmp_path)
    assert train.images.shape == (32, 36, 36, 3) and len(validation) == 8
    assert np.array_equal(train.images[20], colored_picture(36, 36, seed=20))
    assert np.array_equal(validation.images[0], colored_picture(36, 36, seed=32))


def test_single_packs_can_be_named(folder, tmp_path):
    one = load_pictures([folder / "train-1.npz", folder / "val.npz"], split="train", size=36, cache=tmp_path)
    assert len(one) == 12 and one.sources == ("train-1.npz",)


def test_cifar_batches_are_read_exactly_and_nothing_in_them_is_run(tmp_path):
    pixels = RNG.integers(0, 255, (5, 32, 32, 3), dtype=np.uint8)
    for name in ("data_batch_1", "test_batch"):
        with open(tmp_path / name, "wb") as file:
            pickle.dump({b"data": pixels.transpose(0, 3, 1, 2).reshape(5, -1), b"labels": [0] * 5}, file)
    assert np.array_equal(load_pictures([tmp_path], split="train", size=32, cache=tmp_path / "c").images, pixels)
    assert len(load_pictures([tmp_path], split="validation", size=32, cache=tmp_path / "c")) == 5

    with open(tmp_path / "test_batch", "wb") as file:
        pickle.dump({b"data": pixels.reshape(5, -1).astype(np.int64)}, file)
    with pytest.raises(DataError, match="not bytes"):
        load_pictures([tmp_path], split="validation", size=32, cache=tmp_path / "c")

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    with open(tmp_path / "data_batch_1", "wb") as file:
        pickle.dump({b"data": Evil()}, file)
    with pytest.raises(DataError, match="no CIFAR-10 batch does"):
        load_pictures([tmp_path], split="train", size=32, cache=tmp_path / "d")
    assert not (tmp_path / "harm").exists()


def test_cifar_mosaics_are_read_exactly(tmp_path):
    tiles = RNG.integers(0, 255, (1000, 32, 32, 3), dtype=np.uint8)
    mosaic = tiles.reshape(25, 40, 32, 32, 3).transpose(0, 2, 1, 3, 4).reshape(800, 1280, 3)
    data = encoded(mosaic)
    with tarfile.open(tmp_path / "train-0.tar", "w") as archive:
        member = tarfile.TarInfo("train_00.png")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    assert np.array_equal(load_pictures([tmp_path], split="train", size=32, cache=tmp_path / "c").images, tiles)


def test_any_folder_of_pictures_is_split_cropped_and_cleared_of_what_does_not_serve(tmp_path, capsys):
    for seed in range(70):
        (tmp_path / f"{seed}.png").write_bytes(encoded(colored_picture(40, 60, seed=seed)))
    (tmp_path / "grey.png").write_bytes(encoded(np.full((50, 50, 3), 128, np.uint8)))
    (tmp_path / "small.png").write_bytes(encoded(colored_picture(20, 20)))
    (tmp_path / "broken.jpg").write_bytes(encoded(colored_picture(40, 40), ".jpg")[:60])
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "gone.png")
    train = load_pictures([tmp_path], split="train", size=36, cache=tmp_path / "c")
    validation = load_pictures([tmp_path], split="validation", size=36, cache=tmp_path / "c")
    assert len(train) + len(validation) == 70 and 1 <= len(validation) <= 3
    told = capsys.readouterr().err
    assert all(name in told for name in ("grey.png", "small.png", "broken.jpg")) and "nowhere.png" not in told
    assert train.images.shape[1:] == (36, 36, 3)


def test_a_picture_never_changes_sides_when_others_are_added(tmp_path):
    names = {split: set() for split in ("train", "validation")}
    for number in (40, 200):
        for seed in range(number):
            if not (tmp_path / f"{seed}.png").exists():
                (tmp_path / f"{seed}.png").write_bytes(encoded(colored_picture(16, 16, seed=seed)))
        for split, before in names.items():
            now = set(load_pictures([tmp_path], split=split, size=16, cache=tmp_path / "c").sources)
            assert before <= now or split == "validation" and len(before) == 1, "the only one validates in any case"
            names[split] = now
    assert 1 < len(names["validation"]) < 20


def test_decoded_pictures_that_were_cut_short_are_told(folder, tmp_path):
    load_pictures([folder], split="train", size=36, cache=tmp_path / "c")
    (cached,) = (tmp_path / "c").iterdir()
    whole = cached.read_bytes()
    for length in (0, 40, len(whole) - 100):
        cached.write_bytes(whole[:length])
        with pytest.raises(DataError, match="Delete that file"):
            load_pictures([folder], split="train", size=36, cache=tmp_path / "c")


def test_training_sees_the_colours_that_the_program_shows(tmp_path):
    for seed in range(40):
        with Image.open(io.BytesIO(encoded(colored_picture(40, 40, seed=seed)))) as picture:
            picture.save(tmp_path / f"{seed}.png", icc_profile=wide_gamut_profile())
    pictures = load_pictures([tmp_path], split="validation", size=40, cache=tmp_path / "c")
    shown = {read_colors(path).tobytes() for path in tmp_path.glob("*.png")}
    assert all(picture.tobytes() in shown for picture in pictures.images)


def test_other_files_and_folders_hide_no_pictures(tmp_path):
    data = tmp_path / "data"
    (data / "test").mkdir(parents=True)
    for name in ("a.png", "b.png", os.fsdecode(b"bad\xff.png"), "test/c.png"):
        (data / name).write_bytes(encoded(colored_picture(16, 16, seed=len(name))))
    (data / "backup.tar").write_bytes(b"no pack")
    (data / "._a.png").write_bytes(b"what macOS knows of a.png")
    cache = tmp_path / "c"
    assert len(load_pictures([data], split="train", size=16, cache=cache)) == 3
    assert load_pictures([data], split="validation", size=16, cache=cache).sources == ("c.png",)
    (data / "test/c.png").rename(data / "c.png")
    (data / "test").rmdir()
    assert sum(len(load_pictures([data], split=split, size=16, cache=cache)) for split in ("train", "validation")) == 4
    alone = tmp_path / "alone"
    alone.mkdir()
    (data / "c.png").rename(alone / "c.png")
    with pytest.raises(DataError, match="all of it validates"):
        load_pictures([alone], split="train", size=16, cache=cache)


def test_files_that_may_not_be_read_are_told(folder, config, tmp_path, capsys, monkeypatch):
    def forbidden(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", forbidden)
    assert run("train", config, "--data", folder, "--out", tmp_path / "run") == 1
    assert f"{folder} cannot be read or written: Permission denied." in capsys.readouterr().err


def test_a_photograph_whose_end_is_missing_is_not_learned_from(tmp_path, capsys):
    whole = encoded(colored_picture(40, 40), ".jpg")
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) * 3 // 4])
    assert list(_read(tmp_path / "a.jpg", 16)) == [] and "its end is missing" in capsys.readouterr().err


def test_a_damaged_photograph_is_left_out_of_figures(tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(encoded(colored_picture(40, 40)))
    (tmp_path / "b.jpg").write_bytes(encoded(colored_picture(40, 40), ".jpg")[:60])
    assert [picture.name for picture in photographs(tmp_path)] == ["a"] and "skipped" in capsys.readouterr().err
    (tmp_path / "a.png").unlink()
    with pytest.raises(DataError, match="None of the photographs"):
        photographs(tmp_path)


def test_a_run_that_holds_everything_is_told(folder, config, tmp_path, capsys):
    config.write_text('held = ["*"]\n' + config.read_text())
    assert run("train", config, "--data", folder, "--cache", tmp_path / "c", "--out", tmp_path / "run") == 1
    assert "nothing to train" in capsys.readouterr().err


def test_pictures_given_by_name_are_split_as_those_of_a_folder(tmp_path):
    for seed in range(40):
        (tmp_path / f"{seed}.png").write_bytes(encoded(colored_picture(36, 36, seed=seed)))
    names = {path.name for path in tmp_path.glob("*.png")}
    train, validation = (
        [load_pictures(given, split=split, size=36, cache=tmp_path / "c").sources for given in (sorted(tmp_path.glob("*.png")), [tmp_path])]
        for split in ("train", "validation")
    )
    assert train[0] == train[1] and validation[0] == validation[1]
    assert set(train[0]) | set(validation[0]) == names and not set(train[0]) & set(validation[0])
    with pytest.raises(DataError, match="all of it validates"):
        load_pictures([tmp_path / "0.png"], split="train", size=36, cache=tmp_path / "c")


@pytest.mark.parametrize("cache", ["file", "file/below"])
def test_a_cache_that_cannot_be_made_is_told(folder, tmp_path, cache):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="--cache"):
        load_pictures([folder], split="train", size=36, cache=tmp_path / cache)


def test_a_disk_that_gets_full_while_pictures_are_decoded_is_told(folder, tmp_path):
    with full_disk(36 * 36 * 3 * 4), pytest.raises(DataError, match="--cache"):
        load_pictures([folder], split="train", size=36, cache=tmp_path / "c")
    assert not list((tmp_path / "c").iterdir())
    assert len(load_pictures([folder], split="train", size=36, cache=tmp_path / "c")) == 32


def test_what_a_decoding_left_that_was_killed_goes_and_one_beside_it_stays(folder, tmp_path):
    load_pictures([folder], split="train", size=36, cache=tmp_path / "c")
    (kept,) = (tmp_path / "c").iterdir()
    expected = np.load(kept)
    kept.unlink()
    left, beside = (tmp_path / "c" / f"{PART}{name}.part" for name in ("left", "beside"))
    for path, age in (left, 4000), (beside, 10):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
    load_pictures([folder], split="train", size=36, cache=tmp_path / "c")
    assert set((tmp_path / "c").iterdir()) == {kept, beside} and np.array_equal(np.load(kept), expected)


def test_pictures_are_measured_with_noise_of_their_own(folder, tmp_path, monkeypatch):
    pictures = load_pictures([folder], split="validation", size=36, cache=tmp_path / "c")
    model, seeds = load_model(checkpoint(tmp_path), device="cpu"), []
    for name in ("colorize", "sample_rows"):
        draw = getattr(training.evaluate, name)
        monkeypatch.setattr(f"training.evaluate.{name}", lambda *a, seeds_=seeds, draw=draw, **o: seeds_.append(list(o["seeds"])) or draw(*a, **o))
    training.evaluate.measure_samples(model, pictures, number=2, samples=3)
    assert seeds == [[1, 2, 3], [4, 5, 6]]
    seeds.clear()
    training.evaluate.measure_dabs(model, pictures, number=2)
    counts = len(training.evaluate.DAB_COUNTS)
    assert seeds == [[1]] * counts + [[2]] * counts, "the same at every number of dabs"


def test_a_model_whose_pictures_cannot_be_halved_is_told(folder, tmp_path, config):
    odd = PIC(replace(TINY, network_size=36)).fold()
    with pytest.raises(DataError, match="36 pixels cannot be halved"):
        evaluate_coarse(odd, load_pictures([folder], split="validation", size=36, cache=tmp_path / "c"))
    config.write_text(config.read_text().replace("size = 16", "size = 36").replace("size = 32", "size = 36").replace("halved = 0.4", "").replace("known_coarse = 0.5", "").replace("components = 3", "components = 3\nnetwork_size = 36"))
    with pytest.raises(DataError, match="36 pixels do not go with this model; they must be multiples of 8"):
        read_config(config)


@pytest.mark.parametrize("what", ["nothing", "empty", "garbage", "cut off", "damaged"])
def test_data_that_is_none_is_told(tmp_path, what):
    path = tmp_path / "data"
    if what != "nothing":
        path.mkdir()
    if what == "garbage":
        (path / "train-0.npz").write_bytes(b"no pack")
    if what in ("cut off", "damaged"):
        write_pack(path / "train-0.npz", [colored_picture(40, 40, seed=seed) for seed in range(3)])
        data = bytearray((path / "train-0.npz").read_bytes())
        data[len(data) // 3] ^= 255
        (path / "train-0.npz").write_bytes(data[: len(data) // 2] if what == "cut off" else data)
    with pytest.raises(DataError) as caught:
        load_pictures([path], split="train", size=36, cache=tmp_path / "c")
    assert str(path) in str(caught.value)


# the batch


def batch(augmentation=ALL, number=64):
    images = torch.from_numpy(np.stack([colored_picture(32, 32, seed=s) for s in range(number)]))
    return images, training_batch(
        images, TINY, augmentation=augmentation, generator=torch.Generator().manual_seed(0)
    )


def test_the_target_is_never_augmented():
    images, made = batch()
    luminance, chroma = lab_batch(images, TINY)
    assert torch.equal(made.chroma, chroma)
    assert torch.allclose(chroma, mixture.snap(chroma), atol=1e-6)
    unchanged = (made.luminance == luminance).flatten(1).all(1)
    assert 0.2 < unchanged.float().mean() < 0.8


def test_some_pictures_of_full_size_show_coarse_colours_that_the_mask_tells_apart():
    images, made = batch(Augmentation(known_coarse=0.5, known_dabs=0.5))
    mask, shown = made.known[:, 0], made.known[:, 1:3]
    coarse = ((mask > 0) & (mask < 1)).flatten(1).any(1)
    assert 0.3 < coarse.float().mean() < 0.7
    assert ((mask[~coarse] == 0) | (mask[~coarse] == 1)).all()
    told = mask[coarse]
    assert ((told == 1) | (told >= 0.25) & (told <= 0.75)).all()
    assert torch.equal(made.counted, (mask < 1).float()), "what is known coarsely is still to be learnt"
    assert torch.equal(shown.movedim(1, -1)[mask == 1], made.chroma.movedim(1, -1)[mask == 1])
    # the less it is corrupted, the nearer it is to the truth
    off = (shown - made.chroma).abs().mean(1)
    roughly, finely = (mask > 0) & (mask < 0.45), (mask > 0.7) & (mask < 1)
    assert off[finely].mean() < off[roughly].mean()
    halved = training_batch(
        images[:, ::2, ::2], TINY, augmentation=Augmentation(known_coarse=1.0), generator=torch.Generator().manual_seed(0)
    )
    assert (halved.known[:, 0] == 0).all(), "a picture of half size is the coarse one itself"


def test_a_share_of_the_batches_is_of_half_size(folder, config, tmp_path):
    read = read_config(config)
    trainer = Trainer(read)
    pictures = load_pictures([folder], split="train", size=36, cache=tmp_path)
    sizes = [trainer.next_images(pictures, read.stages[1]).shape[1] for _ in range(60)]
    assert set(sizes) == {16, 32} and 10 <= sizes.count(16) <= 38


def test_the_past_is_corrupted_where_and_only_where_the_strength_says():
    _, made = batch()
    touched = (made.past != made.chroma).flatten(1).any(1)
    assert not touched[made.strength == 0].any()
    # a picture whose every pixel is known keeps its past; all other corrupted ones differ
    assert touched[(made.strength > 0.1) & (made.counted.mean((1, 2)) > 0.5)].all()
    assert 0.4 < (made.strength > 0).float().mean() < 0.8


def test_known_colours_are_true_and_not_counted():
    _, made = batch()
    mask = made.known[:, :1]
    assert torch.equal(made.counted, 1 - mask[:, 0])
    assert torch.equal(made.known[:, 1:3], mask * made.chroma)
    assert torch.equal((made.past * mask), made.chroma * mask)
    assert torch.allclose(made.known[:, 4:], reduce_luminance(made.luminance, 4))
    share = mask.flatten(1).mean(1)
    assert 0.2 < (share == 0).float().mean() < 0.6


def test_film_that_sees_no_red_has_white_skies_and_dark_lips():
    colors = torch.tensor([[200, 40, 40], [60, 110, 220], [120, 120, 120]], dtype=torch.uint8)  # a lip, a sky, a stone
    images = colors[:, None, None].expand(3, 32, 32, 3).repeat(32, 1, 1, 1)
    seen, target = (training_batch(images, TINY, augmentation=Augmentation(orthochromatic=share), generator=torch.Generator().manual_seed(0)) for share in (1.0, 0.0))
    lighter = (seen.luminance - target.luminance).amax((1, 2, 3)).view(32, 3)
    assert (lighter[:, 0] < 0).all() and (lighter[:, 1] > 0).all() and lighter[:, 2].abs().max() < 1e-2
    assert len(lighter[:, 1].unique()) == 32, "films differ"
    assert torch.equal(seen.chroma, target.chroma)
    assert torch.allclose(seen.known[:, 4:], reduce_luminance(seen.luminance, 4))
    some = training_batch(images, TINY, augmentation=Augmentation(orthochromatic=0.5), generator=torch.Generator().manual_seed(0))
    assert 0.3 < (some.luminance != target.luminance).flatten(1).any(1).float().mean() < 0.7


def test_no_augmentation_is_the_papers_training():
    images, made = batch(Augmentation())
    assert torch.equal(made.past, made.chroma) and made.counted.all() and not made.strength.any()
    assert torch.equal(made.luminance, lab_batch(images, TINY)[0])


def test_crops_move_and_mirror():
    images = torch.arange(36 * 36 * 3).remainder(251).to(torch.uint8).view(1, 36, 36, 3).repeat(30, 1, 1, 1)
    crops = crop_and_flip(images, size=32, flip=0.5, generator=torch.Generator().manual_seed(0))
    assert crops.shape == (30, 32, 32, 3)
    found = {c.numpy().tobytes() for c in crops}
    places = [(slice(top, top + 32), slice(left, left + 32)) for top in range(5) for left in range(5)]
    plain, mirrored = ({whole[place].numpy().tobytes() for place in places} for whole in (images[0], images[0].flip(1)))
    assert len(found) > 20 and found <= plain | mirrored and found & plain and found & mirrored


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_no_picture_is_mirrored_or_every_one(flip):
    images = torch.from_numpy(np.stack([colored_picture(16, 16, seed=s) for s in range(20)]))
    found = crop_and_flip(images, size=16, flip=flip, generator=torch.Generator().manual_seed(0))
    assert torch.equal(found, images.flip(2) if flip else images)


def test_the_lab_of_a_batch_is_that_of_the_display():
    images, _ = batch(number=2)
    luminance, chroma = lab_batch(images, TINY)
    lab = color.srgb_to_lab(images.movedim(-1, 1).float() / 255)
    assert torch.equal(luminance * 50 + 50, (lab[:, :1] - 50) / 50 * 50 + 50)
    scale = TINY.chroma_scale
    for picture, ours in zip(images.numpy(), color.denormalize_chroma(chroma).numpy()):
        expected = rgb2lab(picture)[:, :, 1:].reshape(len(picture) // scale, scale, -1, scale, 2).mean(axis=(1, 3)).transpose(2, 0, 1)
        assert np.abs(ours - expected).max() < 0.6 and np.abs(expected[0] - expected[1]).max() > 5  # whole Lab units


# a run


def test_a_run_learns_and_goes_through_all_stages(folder, config, tmp_path):
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--precision", "float32")
    learning, bits = config.read_text(), []
    for out, text in (tmp_path / "untrained", re.sub(r"rate = \S+", "rate = 1e-12", learning)), (tmp_path / "run", learning):
        config.write_text(text)
        assert run("train", config, *data, "--out", out) == 0
        state = torch.load(out / "state.pt", weights_only=True)
        assert state["progress"]["images"] == 48 and state["progress"]["steps"] == 12
        lines = (out / "curve.csv").read_text().splitlines()
        assert lines[0].startswith("seconds,images") and len(lines) >= 2
        bits.append([float(lines[-1].split(",")[CURVE_COLUMNS.index(name)]) for name in ("bits_per_dim", "bits_per_dim_embedding_only")])
    for untrained, trained in zip(*bits):
        assert 0 < trained < untrained - 0.5


def test_an_epoch_has_every_picture_once_in_an_order_of_its_own(config):
    read = read_config(config)
    trainer, stage = Trainer(read), replace(read.stages[1], halved=0.0)
    plain = np.tile(np.arange(10, dtype=np.uint8)[:, None, None, None], (1, 36, 36, 3))  # however they are cropped and mirrored
    pictures, seen = Pictures(plain, (), ""), []
    for _ in range(5):  # of four pictures: the third has some of both epochs
        seen += trainer.next_images(pictures, stage)[:, 0, 0, 0].tolist()
        trainer.progress.images += stage.batch
    first, second = seen[:10], seen[10:]
    assert sorted(first) == sorted(second) == list(range(10)) and first != second and first != sorted(first)


def test_the_rate_rises_in_equal_steps_and_then_falls_over_the_stage(config):
    config.write_text(config.read_text().replace("warm_up_steps = 2", "warm_up_steps = 4"))
    trainer = Trainer(read_config(config))
    for stage, middle in (trainer.config.stages[1], math.sqrt(5e-3 * 1e-4)), (replace(trainer.config.stages[1], decay="linear"), (5e-3 + 1e-4) / 2):
        for steps, share in (0, 0.25), (1, 0.5), (2, 0.75), (3, 1), (4, 1), (100, 1):
            trainer.progress.steps = steps
            for seen, rate in (0, 5e-3), (12, middle), (24, 1e-4):
                assert trainer.rate(stage, seen) == pytest.approx(share * rate)


@pytest.mark.parametrize(("steps", "decay"), [(0, 0.1), (5, 0.4), (1000, 0.9)])
def test_the_average_follows_the_network_and_lags_more_the_longer_the_run(config, steps, decay):
    trainer = Trainer(read_config(config))
    with torch.no_grad():
        for parameter in trainer.network.parameters():
            parameter.copy_(torch.randn_like(parameter))
    before = [p.clone() for p in trainer.average.parameters()]
    trainer.progress.steps = steps
    trainer._update_average()
    for old, new, now in zip(before, trainer.network.parameters(), trainer.average.parameters(), strict=True):
        assert torch.allclose(now, decay * old + (1 - decay) * new, atol=1e-6)


def test_the_gradient_is_that_of_f_and_so_many_times_the_head_s(config):
    config.write_text("auxiliary_weight = 2.0\nclip_gradient_norm = inf\n" + config.read_text().replace("dropout = 0.1", "dropout = 0.0"))
    made, trainer = batch(number=8)[1], Trainer(read_config(config), precision=torch.float32)
    trainer.uninitialized = ""
    outputs = trainer.network(made.luminance, made.past, made.known, made.strength)
    f, head = (-(mixture.log_prob(output, made.chroma) / 2)[made.counted > 0].mean() for output in outputs)
    expected = torch.autograd.grad(f + 2 * head, list(trainer.network.parameters()))
    trainer.step(made, 0.0)
    for found, gradient in zip((p.grad for p in trainer.network.parameters()), expected, strict=True):
        assert torch.allclose(found, gradient, atol=1e-6, rtol=1e-4)
    assert any(gradient.abs().max() > 1e-3 for gradient in expected)


def test_the_heads_of_coarser_levels_learn_averaged_colours(config):
    config.write_text("level_weight = 0.5\nclip_gradient_norm = inf\n" + config.read_text().replace("dropout = 0.1", "dropout = 0.0"))
    made, trainer = batch(number=8)[1], Trainer(read_config(config), precision=torch.float32)
    trainer.uninitialized = ""
    f, alone, coarse = trainer.network(made.luminance, made.past, made.known, made.strength)
    assert coarse.shape == (8, 18, 4, 4) and alone.shape == (8, 18, 8, 8)
    chroma, counted = F.avg_pool2d(made.chroma, 2), F.avg_pool2d(made.counted[:, None], 2)[:, 0]
    assert len(counted.unique()) > 2, "some are known in part"
    losses = [(-mixture.log_prob(output, made.chroma) / 2)[made.counted > 0].mean() for output in (f, alone)]
    losses.append((-mixture.log_prob(coarse, chroma) / 2 * counted).sum() / counted.sum())
    expected = torch.autograd.grad(losses[0] + losses[1] + 0.5 * losses[2], list(trainer.network.parameters()))
    trainer.step(made, 0.0)
    for (name, parameter), gradient in zip(trainer.network.named_parameters(), expected, strict=True):
        assert torch.allclose(parameter.grad, gradient, atol=1e-6, rtol=1e-4), name
        assert gradient.abs().max() > 0, name


def test_a_network_trained_with_heads_on_its_levels_is_as_any_other(folder, config, tmp_path):
    init = checkpoint(tmp_path, read_config(config).model)
    config.write_text("level_weight = 0.5\n" + config.read_text())
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    trainer, before = Trainer(read_config(config), init=load_checkpoint(init)), load_checkpoint(init).network().eval()
    luminance, chroma = torch.randn(2, 1, 32, 32), torch.randn(2, 2, 8, 8) * 0.2
    for ours, theirs in zip(trainer.network.eval()(luminance, chroma), before(luminance, chroma)):
        assert torch.allclose(ours, theirs, atol=1e-5)
    started = {name: p.clone() for name, p in trainer.network.state_dict().items() if not name.startswith("level_heads")}
    trainer.network.train()
    trainer.step(batch(number=4)[1], 0.0)
    assert all(torch.equal(trainer.network.state_dict()[name], p) for name, p in started.items()), "data initialises the heads alone"
    assert (trainer.network.level_heads[0].g != 1).all()
    anew = Trainer(read_config(config))
    anew.step(batch(number=4)[1], 0.0)
    assert all((convolution.g != 1).all() for convolution in (anew.network.level_heads[0], anew.network.auxiliary, anew.network.embedding.out))
    assert run("train", config, *data, "--out", tmp_path / "run", "--init", init) == 0
    assert run("export", tmp_path / "run", "-o", tmp_path / "out.safetensors", *data) == 0
    exported = load_checkpoint(tmp_path / "out.safetensors")
    state = read_state(tmp_path / "run")["average"]
    assert exported.network().state_dict().keys() == {name for name in state if not name.startswith("level_heads")}
    assert torch.equal(exported.tensors["embedding.out.bias"], state["embedding.out.bias"].half())
    config.write_text(config.read_text().replace("level_weight = 0.5", ""))
    with pytest.raises(DataError, match="another model"):
        Trainer(read_config(config)).restore(tmp_path / "run")


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
@pytest.mark.parametrize("level_weight", [0.0, 0.5])
def test_stopped_and_resumed_equals_uninterrupted(folder, config, tmp_path, optimizer, level_weight):
    config.write_text(f'optimizer = "{optimizer}"\nlevel_weight = {level_weight}\n' + config.read_text())
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--precision", "float32")
    assert run("train", config, *data, "--out", tmp_path / "whole") == 0
    for attempt in range(12):  # one step at a time
        arguments = ("train", config, *data, "--out", tmp_path / "pieces", "--minutes", 0)
        assert run(*arguments, *(("--resume",) if attempt else ())) == 0
    whole, pieces = (torch.load(tmp_path / name / "state.pt", weights_only=True) for name in ("whole", "pieces"))
    assert whole["progress"]["images"] == pieces["progress"]["images"] == 48
    for part in ("network", "average"):
        for name, tensor in whole[part].items():
            assert torch.equal(tensor, pieces[part][name]), name


def test_a_run_is_not_overwritten(folder, config, tmp_path, capsys):
    arguments = ("train", config, "--data", folder, "--out", tmp_path / "run", "--cache", tmp_path / "c", "--minutes", 0)
    assert run(*arguments) == 0
    before = (tmp_path / "run/state.pt").read_bytes()
    assert run(*arguments) == 1
    assert "--resume" in capsys.readouterr().err
    assert (tmp_path / "run/state.pt").read_bytes() == before


@pytest.mark.parametrize("full", [False, True], ids=["file", "full"])
def test_a_run_that_cannot_be_written_is_told_before_it_begins(folder, config, tmp_path, capsys, full):
    out = tmp_path / "run"
    command = ("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", out)
    if full:
        assert run(*command, "--minutes", 0) == 0
        before = (out / "run.json").read_bytes()
        with full_disk(len(before) // 2):
            assert run(*command, "--resume") == 1
        assert (out / "run.json").read_bytes() == before
    else:
        out.touch()
        assert run(*command) == 1
    assert "another --out" in capsys.readouterr().err


def test_a_run_does_not_go_on_with_other_pictures(folder, config, tmp_path, capsys):
    command = ("train", config, "--cache", tmp_path / "c", "--device", "cpu", "--out", tmp_path / "run", "--data")
    assert run(*command, folder, "--minutes", 0) == 0
    before = [(tmp_path / "run" / name).read_bytes() for name in ("state.pt", "run.json", "curve.csv")]
    (tmp_path / "more").mkdir()
    for path in folder.iterdir():
        (tmp_path / "more" / path.name).write_bytes(path.read_bytes())
    write_pack(tmp_path / "more/train-9.npz", [colored_picture(36, 36, seed=99)])
    assert run(*command, tmp_path / "more", "--resume") == 1
    assert "other pictures" in capsys.readouterr().err
    assert [(tmp_path / "run" / name).read_bytes() for name in ("state.pt", "run.json", "curve.csv")] == before


def test_a_damaged_curve_does_not_end_a_run(folder, config, tmp_path):
    command = ("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", tmp_path / "run")
    assert run(*command, "--minutes", 0) == 0
    for damage in (b"\xff\xfe\0\0images", b"images\n4\n", b""):
        (tmp_path / "run/curve.csv").write_bytes(damage)
        assert run(*command, "--resume", "--minutes", 0) == 0
        assert (tmp_path / "run/curve.csv").read_text().startswith(",".join(CURVE_COLUMNS))


def test_more_processes_than_cards_are_told_where_cards_are_wanted(folder, config, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    command = ("train", config, "--data", folder, "--cache", tmp_path / "c", "--minutes", 0, "--out")
    load_pictures([folder], split="train", size=36, cache=tmp_path / "c")
    load_pictures([folder], split="validation", size=36, cache=tmp_path / "c")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert run(*command, tmp_path / "a") == 1 and "graphics cards, 1" in capsys.readouterr().err
    assert run(*command, tmp_path / "b", "--device", "cpu") == 0


@pytest.mark.parametrize("other", ['objective = "regression"', 'optimizer = "muon"\nheld = ["*.v"]'], ids=["objective", "optimizer"])
def test_a_run_does_not_go_on_with_another_objective_or_optimizer(config, tmp_path, other):
    if "held" in other:
        config.write_text('held = ["*.v"]\n' + config.read_text())
    Trainer(read_config(config)).save(tmp_path)
    config.write_text(f"{other}\n" + config.read_text().replace('held = ["*.v"]\n', ""))
    with pytest.raises(DataError, match="another model, objective or optimizer"):
        Trainer(read_config(config)).restore(tmp_path)


def test_a_run_goes_on_with_changed_settings_of_its_optimizer(folder, config, tmp_path):
    text = 'optimizer = "muon"\n' + config.read_text()
    config.write_text(text)
    assert run("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", tmp_path / "run", "--minutes", 0) == 0
    config.write_text("radians_per_rate = 3.0\nmomentum = 0.5\nbetas = [0.5, 0.9]\nepsilon = 1e-3\n" + text)
    trainer, fresh = (Trainer(read_config(config)) for _ in range(2))
    trainer.restore(tmp_path / "run")
    assert len(trainer.optimizer.state)
    for group, expected in zip(trainer.optimizer.param_groups, fresh.optimizer.param_groups, strict=True):
        assert {k: v for k, v in group.items() if k != "params"} == {k: v for k, v in expected.items() if k != "params"}


def test_how_samples_are_drawn_may_change_when_a_run_goes_on(config, tmp_path):
    Trainer(read_config(config)).save(tmp_path)
    config.write_text(config.read_text().replace("components = 3", "components = 3\nsampling_strength = 0.25\ncoarse_strength = 0.5"))
    Trainer(read_config(config)).restore(tmp_path)
    config.write_text(config.read_text().replace("components = 3", "components = 4"))
    with pytest.raises(DataError, match="another model"):
        Trainer(read_config(config)).restore(tmp_path)


@pytest.mark.parametrize("damage", ["no table", "no average", "another average", "no progress"])
def test_a_damaged_state_is_not_exported(folder, config, tmp_path, capsys, damage):
    out = tmp_path / "run"
    command = ("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", out)
    assert run(*command, "--minutes", 0) == 0
    state = read_state(out)
    if damage == "no progress":
        state["progress"] = {"images": "many"}
    elif damage == "another average":
        state["average"] = {}
    else:
        state.pop("average")
    torch.save([] if damage == "no table" else state, out / "state.pt")
    assert run("export", out, "-o", tmp_path / "a.safetensors") == 1 and "damaged" in capsys.readouterr().err
    if damage == "no table":
        assert run(*command, "--resume") == 1 and "damaged" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["config", "network", "average", "optimizer", "generator", "torch", "progress"])
@pytest.mark.parametrize("there", [False, True], ids=["missing", "empty"])
def test_a_damaged_state_is_told(config, tmp_path, key, there):
    trainer = Trainer(read_config(config))
    trainer.save(tmp_path)
    state = read_state(tmp_path)
    del state[key]
    if there:
        state[key] = {"config": "{}", "generator": torch.empty(0), "torch": torch.empty(0), "progress": {"no": 0}}.get(key, {})
    torch.save(state, tmp_path / "state.pt")
    with pytest.raises(DataError, match="another --out"):
        trainer.restore(tmp_path)


def test_a_curve_has_its_header_from_the_beginning_and_goes_on_where_it_is_empty(tmp_path):
    curve, header = tmp_path / "curve.csv", ",".join(CURVE_COLUMNS)
    curve.touch()
    for images in (0, None, 0):
        log = _Log(tmp_path, images=images)
        assert curve.read_text().splitlines() == [header]
        log.close()


def test_a_curve_goes_on_where_the_saved_state_does(tmp_path):
    log = _Log(tmp_path, images=None)
    for images in (100, 200, 300):
        log.write({"images": images, "train_loss": 1.0})
    log.close()
    with open(tmp_path / "curve.csv", "a") as file:
        file.write("1.0,4")  # what a crash cut off
    log = _Log(tmp_path, images=200)
    log.write({"images": 250, "train_loss": 2.0})
    log.close()
    assert [line.split(",")[1] for line in (tmp_path / "curve.csv").read_text().splitlines()] == ["images", "100", "200", "250"]


@pytest.mark.parametrize("every", [1, 2])
def test_two_processes_train_the_same_network_and_go_on(folder, config, tmp_path, every):
    # a large epsilon makes Adam's steps proportional to gradients: rounding of tiny ones does not count
    more = f"seed = 3\nepsilon = 1.0\nlevel_weight = {every - 1}\npixel_cnn_every = {every}"
    text = config.read_text().replace("dropout = 0.1", "dropout = 0.0").replace("seed = 3", more)
    config.write_text(text.replace("rate = 5e-3", "rate = 0.05"))
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--precision", "float32")
    assert run("train", config, *data, "--out", tmp_path / "one") == 0

    def together(*more):
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "training", "train"]
        done = subprocess.run([str(a) for a in (*command, config, *data, *more)], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done

    together("--out", tmp_path / "two", "--minutes", 0)  # a step, then the end
    first = read_state(tmp_path / "two")
    assert first["progress"]["images"] == 4
    done = together("--out", tmp_path / "two", "--resume")
    assert done.stdout.count("48 pictures") == 1
    one, two = (read_state(tmp_path / name) for name in ("one", "two"))
    assert one["progress"]["steps"] == two["progress"]["steps"] == 12
    start, alone, shared = (torch.cat([p.flatten() for p in s["network"].values()]) for s in (first, one, two))
    assert (shared - alone).norm() < 0.05 * (alone - start).norm()
    assert json.loads((tmp_path / "two/run.json").read_text())["processes"] == 2


def test_after_a_restart_by_torchrun_a_run_goes_on_unasked(folder, config, tmp_path, monkeypatch):
    command = ("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", tmp_path / "run")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "0")
    assert run(*command, "--minutes", 0) == 0 and run(*command) == 1
    before = read_state(tmp_path / "run")["progress"]["images"]
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    recipe = json.loads((tmp_path / "run/run.json").read_text())
    (tmp_path / "run/run.json").write_text(json.dumps(recipe | {"launcher": 1}))
    assert run(*command) == 1, "what another torchrun began was refused at first, and is after its restart"
    assert read_state(tmp_path / "run")["progress"]["images"] == before
    (tmp_path / "run/run.json").write_text(json.dumps(recipe))
    assert run(*command) == 0
    assert read_state(tmp_path / "run")["progress"]["images"] == 48


def test_one_process_of_a_machine_decodes_for_all(folder, tmp_path, monkeypatch):
    options = {"split": "train", "size": 36, "cache": tmp_path / "c"}
    monkeypatch.setenv("LOCAL_RANK", "1")
    waiting = ThreadPoolExecutor(1).submit(load_pictures, [folder], **options)
    time.sleep(0.5)
    waited = not waiting.done()
    monkeypatch.setenv("LOCAL_RANK", "0")  # whatever was found, the thread must come to its end
    pictures = load_pictures([folder], **options)
    assert waited and np.array_equal(waiting.result(timeout=30).images, pictures.images)


def test_pictures_that_changed_are_decoded_again(tmp_path):
    source, options = tmp_path / "pictures", {"split": "train", "size": 36, "cache": tmp_path / "c"}
    source.mkdir()
    means = []
    for color in ((0, 0, 200), (0, 200, 0)):
        for name in "abcd":
            cv2.imwrite(str(source / f"{name}.bmp"), np.full((40, 40, 3), color, np.uint8))  # of the same size, whatever is in it
        means.append(load_pictures([source], **options).images.mean(axis=(0, 1, 2)).argmax())
    assert means == [0, 1]


def test_the_state_is_saved_before_the_last_validation(folder, config, tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr("training.train._validation", lambda *_: saved.append((tmp_path / "run/state.pt").exists()) or {})
    assert run("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", tmp_path / "run", "--minutes", 0) == 0
    assert saved == [True]


def test_memory_that_runs_out_is_a_sentence(folder, config, tmp_path, capsys, monkeypatch):
    def step(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("training.train.Trainer.step", step)
    command = ("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", tmp_path / "run")
    assert run(*command) == 1 and "--at-once" in capsys.readouterr().err


def test_a_full_disk_loses_nothing_that_was_saved(folder, config, tmp_path, capsys):
    command = ("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", tmp_path / "run")
    assert run(*command, "--minutes", 0) == 0
    before = (tmp_path / "run/state.pt").read_bytes()
    with full_disk(len(before) // 2):
        assert run(*command, "--resume", "--minutes", 0) == 1
    assert "cannot be saved" in capsys.readouterr().err
    assert (tmp_path / "run/state.pt").read_bytes() == before and not list((tmp_path / "run").glob("*.part"))
    assert run(*command, "--resume") == 0 and read_state(tmp_path / "run")["progress"]["images"] == 48


def test_a_board_that_cannot_be_written_ends_no_run(tmp_path, capsys):
    class Full:
        def add_scalar(self, *row):
            raise OSError(28, "No space left on device")

    log = _Log(tmp_path, images=None)
    log._board = Full()
    for images in (1, 2):
        log.write({"images": images, "train_loss": 1.0})
    log.close()
    assert capsys.readouterr().err.count("No space left") == 1
    assert len((tmp_path / "curve.csv").read_text().splitlines()) == 3


def test_a_gradient_that_is_not_finite_stops_and_keeps_the_last_state(folder, config, tmp_path, capsys):
    command = ("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", tmp_path / "run")
    assert run(*command, "--minutes", 0) == 0
    before = (tmp_path / "run/state.pt").read_bytes()
    good = config.read_text()
    config.write_text(good.replace("rate = 5e-3\nend_rate = 5e-3", "rate = 1e30\nend_rate = 1e30"))
    assert run(*command, "--resume") == 1
    assert "not finite" in capsys.readouterr().err
    assert (tmp_path / "run/state.pt").read_bytes() == before
    config.write_text(good)
    assert run(*command, "--resume") == 0 and read_state(tmp_path / "run")["progress"]["images"] == 48


@pytest.mark.parametrize("every", [1, 2])
def test_a_batch_in_pieces_is_the_whole_batch(folder, config, tmp_path, every):
    # a large epsilon makes Adam's steps proportional to gradients: rounding of tiny ones does not count
    more = f"seed = 3\nepsilon = 1.0\nlevel_weight = {every - 1}\npixel_cnn_every = {every}"
    text = config.read_text().replace("dropout = 0.1", "dropout = 0.0").replace("seed = 3", more)
    config.write_text(text.replace("rate = 5e-3", "rate = 0.05"))
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--precision", "float32")
    weights = []
    for at_once in (4, 3, 1):
        out = tmp_path / str(at_once)
        pieces = ("--at-once", at_once)
        assert run("train", config, *data, "--out", out, "--minutes", 0, *pieces) == 0
        start = torch.cat([p.flatten() for p in read_state(out)["network"].values()])
        assert run("train", config, *data, "--out", out, "--resume", *pieces) == 0
        weights.append(torch.cat([p.flatten() for p in read_state(out)["network"].values()]))
    for pieces in weights[1:]:
        assert (pieces - weights[0]).norm() < 0.05 * (weights[0] - start).norm()


@pytest.mark.parametrize(
    ("part", "of", "changes"),
    [("past", "f's", (True, False)), ("past", "the others'", (False, False)), ("luminance", "f's", (True, True)), ("luminance", "the others'", (False, True))],
)
def test_f_reads_one_picture_in_so_many_and_g_w_alone_reads_all(config, part, of, changes):
    config.write_text(config.read_text().replace("dropout = 0.1", "dropout = 0.0").replace("seed = 3", "seed = 3\npixel_cnn_every = 4"))
    made = batch(number=8)[1]
    changed = getattr(made, part).clone()
    changed[slice(2) if of == "f's" else slice(2, None)] *= -1
    losses = []
    for given in made, replace(made, **{part: changed}):
        trainer = Trainer(read_config(config), precision=torch.float32)
        trainer.uninitialized = ""
        losses.append(list(trainer.step(given, 0.0).values()))
    assert tuple(one != other for one, other in zip(*losses)) == changes


def test_the_losses_that_a_step_tells_are_means_over_what_was_read(config):
    config.write_text(config.read_text().replace("dropout = 0.1", "dropout = 0.0").replace("seed = 3", "seed = 3\npixel_cnn_every = 4"))
    made, trainer = batch(number=8)[1], Trainer(read_config(config), precision=torch.float32)
    trainer.uninitialized = ""
    with torch.no_grad():
        outputs = trainer.network(made.luminance, made.past, made.known, made.strength)
    expected = []
    for output, read in zip(outputs, (2, 8)):
        bits = -mixture.log_prob(output, made.chroma)[:read] / 2 / math.log(2)
        expected.append(bits[made.counted[:read] > 0].mean().item())
    assert list(trainer.step(made, 0.0).values()) == pytest.approx(expected, rel=1e-4)


def test_the_faster_precision_is_chosen_and_kept(folder, config, tmp_path, monkeypatch):
    arguments = ("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--minutes", 0, "--out")

    def precisions(out, *more):
        dtypes = []
        with monkeypatch.context() as patch:
            convolve = F.conv2d
            patch.setattr(F, "conv2d", lambda *a, **k: dtypes.append((y := convolve(*a, **k)).dtype) or y)
            assert run(*arguments, out, *more) == 0
        return set(dtypes), json.loads((out / "run.json").read_text())["precision"]

    for seconds, dtype in ({torch.bfloat16: 1, torch.float32: 2}, torch.bfloat16), ({torch.bfloat16: 2, torch.float32: 1}, torch.float32):
        name = str(dtype).removeprefix("torch.")
        with monkeypatch.context() as patch:
            patch.setattr("training.machine._convolution_seconds", lambda seconds=seconds: seconds)
            used, told = precisions(tmp_path / name)
            assert dtype in used and told == name
            if dtype == torch.float32:
                assert used == {torch.float32}
    monkeypatch.setattr("training.machine._convolution_seconds", lambda: {torch.bfloat16: 2, torch.float32: 1})
    assert precisions(tmp_path / "bfloat16", "--resume")[1] == "bfloat16", "a run goes on as it began"
    assert precisions(tmp_path / "bfloat16", "--resume", "--precision", "float32") == ({torch.float32}, "float32")


def test_all_processes_compute_in_the_precision_of_the_first(config, monkeypatch):
    monkeypatch.setattr("training.train.fastest_precision", lambda device: torch.bfloat16)
    monkeypatch.setattr(World, "any", lambda world, value, device: True)  # the first one measured float32
    assert Trainer(read_config(config), world=World(rank=1, size=2)).precision == torch.float32


def test_a_run_that_does_not_say_its_precision_had_bfloat16(config, tmp_path, monkeypatch):
    monkeypatch.setattr("training.train.fastest_precision", lambda device: torch.float32)
    Trainer(read_config(config)).save(tmp_path)
    state = torch.load(tmp_path / "state.pt")
    assert state.pop("precision") == "float32"
    torch.save(state, tmp_path / "state.pt")
    trainer = Trainer(read_config(config))
    trainer.restore(tmp_path)
    assert trainer.precision == torch.bfloat16


def test_without_a_compiler_it_is_told(folder, config, tmp_path, capsys, monkeypatch):
    def fails(*arguments, **options):
        raise RuntimeError("No working C++ compiler found\nand a long trace")

    monkeypatch.setattr(torch, "compile", fails)
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    assert run("train", config, *data, "--out", tmp_path / "run", "--compile") == 1
    told = capsys.readouterr().err
    assert "No working C++ compiler found. " in told and "without --compile" in told and "trace" not in told
    assert not (tmp_path / "run/state.pt").exists()


@pytest.mark.parametrize("lost", ["up.0.bring", "attention.0.put"])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_compiled_steps_that_lose_gradients_are_refused(folder, config, tmp_path, capsys, monkeypatch, lost, dropout):
    config.write_text(config.read_text().replace("blocks = 2", "blocks = 2\nattention_levels = 1").replace("dropout = 0.1", f"dropout = {dropout}"))

    def loses(module, **options):
        def forward(*inputs):
            handle = module.embedding.get_submodule(lost).register_forward_hook(lambda module, inputs, output: output.detach())
            try:
                return module(*inputs)
            finally:
                handle.remove()

        return forward if isinstance(module, PIC) else module

    monkeypatch.setattr(torch, "compile", loses)
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    assert run("train", config, *data, "--out", tmp_path / "run", "--compile") == 1
    told = capsys.readouterr().err
    assert "compiles this network wrongly" in told and "embedding." in told and "without --compile" in told
    assert not (tmp_path / "run/state.pt").exists()


@pytest.mark.slow  # it compiles
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_compiled_training_is_the_same_training(folder, config, tmp_path, precision):
    # a large epsilon makes Adam's steps proportional to gradients: rounding of tiny ones does not count
    text = config.read_text().replace("dropout = 0.1", "dropout = 0.0").replace("seed = 3", "seed = 3\nepsilon = 1.0")
    config.write_text(text.replace("rate = 5e-3", "rate = 0.05"))
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--precision", precision)
    weights = []
    for how in ((), ("--compile",)):
        out = tmp_path / f"run{len(how)}"
        assert run("train", config, *data, "--out", out, "--minutes", 0, *how) == 0
        start = torch.cat([p.flatten() for p in read_state(out)["network"].values()])
        assert run("train", config, *data, "--out", out, "--resume", *how) == 0
        weights.append(torch.cat([p.flatten() for p in read_state(out)["network"].values()]))
        assert json.loads((out / "run.json").read_text())["compiled"] == bool(how)
    assert (weights[1] - weights[0]).norm() < 0.05 * (weights[0] - start).norm()


def test_what_is_held_stays(folder, config, tmp_path, capsys):
    init = checkpoint(tmp_path, read_config(config).model)
    config.write_text('held = ["pixel_cnn.*"]\n' + config.read_text())
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    assert run("train", config, *data, "--out", tmp_path / "run", "--init", init) == 0
    network, before = PIC(read_config(config).model), load_checkpoint(init).network()
    network.load_state_dict(read_state(tmp_path / "run")["average"])
    for name, weight in before.state_dict().items():
        assert torch.equal(weight, network.state_dict()[name]) == name.startswith("pixel_cnn."), name
    config.write_text(config.read_text().replace("pixel_cnn.*", "pixel_rnn.*"))
    assert run("train", config, *data, "--out", tmp_path / "none", "--init", init) == 1
    assert "pixel_rnn" in capsys.readouterr().err


def test_a_batch_that_cannot_be_shared_is_refused(config):
    with pytest.raises(DataError, match="batch of 4 cannot be shared by 3"):
        Trainer(read_config(config), world=World(0, 3))


def test_the_configuration_for_own_photographs_is_of_the_shipped_network():
    shipped = load_checkpoint(default_checkpoint()).config
    assert read_config(Path(training.__file__).parent / "configs/photo-small-own.toml").model == shipped


def test_export_evaluate_and_init(folder, config, tmp_path, capsys):
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    assert run("train", config, *data, "--out", tmp_path / "run") == 0
    target = tmp_path / "out/tiny.safetensors"
    assert run("export", tmp_path / "run", "-o", target, *data) == 0
    capsys.readouterr()
    assert run("evaluate", target, *data, "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["n_images"] == 8 and figures["chroma_rule"] == "area"
    metadata = load_checkpoint(target).metadata
    assert figures["bits_per_dim"] == pytest.approx(metadata["bits_per_dim"], rel=1e-6), "those of the file, rounded as it is"
    assert figures["bits_per_dim_embedding_only"] > 0
    assert metadata["training"]["images"] == 48 and metadata["data"]["files"] == ["train-0.npz", "train-1.npz"]
    # and its weights are where another run can begin
    assert run("train", config, *data, "--out", tmp_path / "next", "--init", target, "--minutes", 0) == 0
    recipe = json.loads((tmp_path / "next/run.json").read_text())
    assert recipe["init"] == {"file": "tiny.safetensors", "training": metadata["training"]}
    assert run("train", config, *data, "--out", tmp_path / "next", "--resume", "--minutes", 0) == 0
    assert json.loads((tmp_path / "next/run.json").read_text())["init"] == recipe["init"], "resuming keeps where it began"


def test_a_deeper_network_begins_as_the_checkpoint_does_and_learns(folder, config, tmp_path):
    shallow = read_config(config).model
    init = checkpoint(tmp_path, shallow)
    config.write_text(config.read_text().replace("[8, 1, 2, 1]", "[8, 3, 2, 1]").replace("blocks = 2", "blocks = 3\nlevel_up_blocks = 2\nattention_levels = 1"))
    trainer, before = Trainer(read_config(config), init=load_checkpoint(init)), load_checkpoint(init).network().eval()
    luminance, chroma = torch.randn(2, 1, 32, 32), torch.randn(2, 2, 8, 8) * 0.2
    for ours, theirs in zip(trainer.network.eval()(luminance, chroma), before(luminance, chroma)):
        assert torch.allclose(ours, theirs, atol=1e-5)
    added = set(trainer.network.state_dict()) - set(before.state_dict())
    assert {name.removesuffix(".gate.g") for name in added if name.endswith(".gate.g")} == {
        "embedding.down.1.2", "embedding.down.1.3", "embedding.up.0.blocks.1", "pixel_cnn.u_blocks.2", "pixel_cnn.ul_blocks.2"
    }
    assert "embedding.attention.0.put.v" in added
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    assert run("train", config, *data, "--out", tmp_path / "run", "--init", init) == 0
    learnt = read_state(tmp_path / "run")["network"]
    for name in added:
        start = 0 if name.endswith((".gate.g", ".put.g", ".bias")) else trainer.network.state_dict()[name]
        assert (learnt[name] != start).any(), name


def test_a_network_of_another_shape_does_not_begin_with_a_checkpoint(folder, config, tmp_path, capsys):
    init = checkpoint(tmp_path, read_config(config).model)
    config.write_text(config.read_text().replace("[8, 1, 2, 1]", "[8, 1, 2, 1], [8, 1, 2, 1]"))
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    assert run("train", config, *data, "--out", tmp_path / "run", "--init", init) == 1
    assert "another shape than the configuration: levels differ" in capsys.readouterr().err


@pytest.mark.parametrize("how", [("--resume",), ("--init", "gone.safetensors")])
def test_where_there_is_nothing_to_begin_with_no_folder_is_left(folder, config, tmp_path, capsys, how):
    assert run("train", config, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--out", tmp_path / "run", *how) == 1
    assert "There is no" in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_strengths_are_chosen_on_export(folder, config, tmp_path, capsys):
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    assert run("train", config, *data, "--out", tmp_path / "run", "--minutes", 0) == 0
    strengths = ("--sampling-strength", 0.05, "--coarse-strength", 0.3)
    assert run("export", tmp_path / "run", "-o", tmp_path / "a.safetensors", *strengths) == 0
    chosen = load_checkpoint(tmp_path / "a.safetensors").network().config
    assert (chosen.sampling_strength, chosen.coarse_strength, chosen.coarse_factor) == (0.05, 0.3, 2)
    assert run("export", tmp_path / "run", "-o", tmp_path / "b.safetensors", "--sampling-strength", 1.5) == 1
    assert "sampling_strength" in capsys.readouterr().err and not (tmp_path / "b.safetensors").exists()


@pytest.mark.parametrize("recipe", [None, "", '{"config": ', "{}", "[]", "1"])
def test_a_run_without_its_recipe_is_not_exported(config, tmp_path, capsys, recipe):
    Trainer(read_config(config)).save(tmp_path)
    if recipe is not None:
        (tmp_path / "run.json").write_text(recipe)
    assert run("export", tmp_path, "-o", tmp_path / "a.safetensors", "--device", "cpu") == 1
    assert "run.json" in capsys.readouterr().err and not (tmp_path / "a.safetensors").exists()


def test_a_single_picture_is_evaluated(tmp_path, capsys):
    write_pack(tmp_path / "val.npz", [colored_picture(36, 36)])
    assert run("evaluate", checkpoint(tmp_path), "--data", tmp_path / "val.npz", "--cache", tmp_path / "c", "--device", "cpu") == 0
    assert "(standard error -)" in capsys.readouterr().out


@pytest.mark.parametrize("number", [0, -1])
@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("train", "x.toml", "--out", "x", "--data", "x"), "--at-once"),
        (("evaluate", "x", "--data", "x"), "--limit"),
        (("evaluate", "x", "--data", "x"), "--samples"),
        (("evaluate", "x", "--data", "x"), "--sampled-pictures"),
        (("figures", "x", "--photos", "x", "-o", "x"), "--limit"),
        (("figures", "x", "--photos", "x", "-o", "x"), "--samples"),
        (("grey", "--data", "x", "-o", "x"), "--limit"),
        (("grey", "--data", "x", "-o", "x"), "--size"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_how_many_is_at_least_one(capsys, command, option, number):
    with pytest.raises(SystemExit):
        run(*command, option, number)
    assert f"argument {option}: {number} is not at least 1" in capsys.readouterr().err


def test_evaluate_measures_samples_and_what_known_colours_do(folder, tmp_path, capsys):
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--json", "--sampled-pictures", 3)
    assert run("evaluate", checkpoint(tmp_path), *data, "--samples", 2, "--dabs", "--limit", 4) == 0
    figures = json.loads(capsys.readouterr().out)
    measures = figures["measures"]
    assert set(measures) == {"samples", "embedding_only_map", "embedding_only_expectation", "grey", "real"} and figures["n_images"] == 4
    assert measures["real"]["chroma_rmse"][0] == 0 < measures["samples"]["chroma_rmse"][0]
    assert measures["grey"]["saturation"][0] == 0 < measures["samples"]["saturation"][0] and "diversity" in measures["samples"]
    dabs = figures["known_dabs"]
    assert list(dabs)[:2] == ["0", "1"]
    for mean, low, high in dabs.values():
        assert 0 < low <= mean <= high
    assert run("evaluate", checkpoint(tmp_path, TINY_PAPER, name="paper"), *data, "--dabs") == 1
    assert "no known colours" in capsys.readouterr().err


def test_bits_per_dim_is_the_code_length():
    """Uniform-like mixture: evaluate must give the mean of -log2 p over two dimensions a pixel."""
    images = np.stack([colored_picture(36, 36, seed=s) for s in range(3)])
    pictures = Pictures(images, ("x",), "x")
    built = network()
    figures = evaluate(built, pictures, batch=2)
    luminance, chroma = lab_batch(torch.from_numpy(images[:, 2:34, 2:34].copy()), TINY)
    with torch.no_grad():
        expected = -mixture.log_prob(built(luminance, chroma)[0], chroma).mean().item() / np.log(2) / 2
    assert figures["bits_per_dim"] == pytest.approx(expected, rel=1e-5)


def test_the_two_passes_are_a_code(folder, tmp_path, capsys):
    pictures = load_pictures([folder], split="validation", size=36, cache=tmp_path / "c")
    built = network()
    figures = evaluate_coarse(built, pictures, batch=3, limit=4)
    luminance, chroma = lab_batch(torch.from_numpy(pictures.images[:4, 2:34, 2:34].copy()), TINY)
    coarse = color.normalize_chroma(color.round_chroma(color.denormalize_chroma(F.avg_pool2d(chroma, 2))))
    small = reduce_luminance(luminance, 4)
    blurred = F.interpolate(coarse, size=(8, 8), mode="bilinear")
    planes = torch.cat((torch.full_like(small, 0.75), blurred, torch.ones_like(small), small), dim=1)
    with torch.no_grad():
        first = -mixture.log_prob(built(F.avg_pool2d(luminance, 2), coarse)[0], coarse).sum()
        second = -mixture.log_prob(built(luminance, chroma, planes)[0], chroma).sum()
    whole = (first + second).item() / np.log(2) / (4 * 2 * 8 * 8)
    assert figures["bits_per_dim_two_passes"] == pytest.approx(whole, rel=1e-4)
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--json")
    assert run("evaluate", checkpoint(tmp_path), *data, "--limit", 4) == 0
    assert json.loads(capsys.readouterr().out)["bits_per_dim_two_passes"] > 0
    with pytest.raises(DataError, match="coarse"):
        evaluate_coarse(network(TINY_PAPER), pictures)


def test_samples_can_be_measured_as_the_window_draws_them(folder, tmp_path, capsys):
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--json", "--sampled-pictures", 2, "--limit", 2)
    figures = []
    for options in ((), ("--temperature", 0.5), ("--candidates", 8)):
        assert run("evaluate", checkpoint(tmp_path), *data, "--samples", 1, "--dabs", *options) == 0
        figures.append(json.loads(capsys.readouterr().out))
    for what in ("measures", "known_dabs"):
        assert len({json.dumps(one[what]) for one in figures}) == 3
    for options in (("--temperature", -1), ("--candidates", 0), ("--candidates", 65)):
        with pytest.raises(SystemExit):
            run("evaluate", checkpoint(tmp_path), *data, "--samples", 1, *options)
        assert "is not from" in capsys.readouterr().err


def test_one_picture_has_figures_and_no_intervals(folder, tmp_path, capsys):
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--sampled-pictures", 1, "--limit", 1)

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    assert run("evaluate", checkpoint(tmp_path), *data, "--samples", 2, "--dabs", "--json") == 0
    figures = json.loads(capsys.readouterr().out, parse_constant=refuse)
    mean, low, high = figures["measures"]["samples"]["saturation"]
    assert mean > 0 and low is high is None
    assert run("evaluate", checkpoint(tmp_path), *data, "--samples", 2, "--dabs") == 0
    told = capsys.readouterr().out
    assert "nan" not in told and "(of one picture)" in told and "95 %" in told  # the share of derailed ones has an interval


def test_samples_can_be_measured_in_one_pass(folder, tmp_path, capsys):
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--json", "--sampled-pictures", 2, "--limit", 2)
    figures = []
    for options in ((), ("--one-pass",)):
        assert run("evaluate", checkpoint(tmp_path), *data, "--samples", 1, *options) == 0
        figures.append(json.loads(capsys.readouterr().out))
    assert figures[0]["measures"]["samples"] != figures[1]["measures"]["samples"]
    assert figures[0]["bits_per_dim"] == figures[1]["bits_per_dim"] and "bits_per_dim_coarse" not in figures[1]


def test_chroma_can_be_measured_as_the_released_code_has_it(folder, tmp_path, capsys):
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    assert run("evaluate", checkpoint(tmp_path), *data, "--unrounded", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    difference = abs(figures["bits_per_dim_unrounded"] - figures["bits_per_dim"])
    assert 0 < difference < 0.05
    images = torch.from_numpy(load_pictures([folder], split="validation", size=36, cache=tmp_path / "c").images[:2].copy())
    chroma = color.denormalize_chroma(lab_batch(images, TINY, whole_units=False)[1])
    rounded = color.denormalize_chroma(lab_batch(images, TINY)[1])
    assert torch.allclose(rounded, rounded.round(), atol=1e-4) and not torch.allclose(chroma, rounded, atol=0.1)
    assert (chroma - rounded).abs().max() <= 0.5001


def test_curves_are_plotted(folder, config, tmp_path, capsys):
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    assert run("train", config, *data, "--out", tmp_path / "run") == 0
    plot = ("plot", tmp_path / "run", "-o", tmp_path / "out/curve.png")
    assert run(*plot) == 0
    without = cv2.imread(str(tmp_path / "out/curve.png"))
    assert run(*plot, "--mark", "the paper", 7500000, 2.72) == 0
    marked = cv2.imread(str(tmp_path / "out/curve.png"))
    assert marked.shape == without.shape and (marked != without).any()
    assert run("plot", tmp_path / "run", "-o", tmp_path / "noending") == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "noending.png") and (tmp_path / "noending.png").exists()
    assert run("plot", tmp_path, "-o", tmp_path / "b.png") == 1 and "curve.csv" in capsys.readouterr().err
    assert run("plot", tmp_path / "run", "-o", ".") == 1 and "is a folder" in capsys.readouterr().err
    assert run("plot", tmp_path / "run", "-o", tmp_path / "b.nothing") == 1 and "cannot be written" in capsys.readouterr().err
    (tmp_path / "other.csv").write_text("images,bits_per_dim\n1,2\n")
    assert run("plot", tmp_path / "other.csv", "-o", tmp_path / "b.png") == 1 and "no curve" in capsys.readouterr().err
    (tmp_path / "other.csv").write_bytes(b"\xff\xfe\0\x80")
    assert run("plot", tmp_path / "other.csv", "-o", tmp_path / "b.png") == 1 and "no curve" in capsys.readouterr().err
    assert run(*plot, "--mark", "a", "b", "c") == 1 and "--mark takes a name" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        ("seed = 3", "seed = "),
        ('name = "cifar10"', 'name = "vgg"'),
        ("size = 16", "size = 17"),
        ("size = 16", "size = 0"),
        ("picture_size = 36", "picture_size = 20"),
        ("rate = 5e-3\nend_rate = 5e-3", "rate = 5e-3\nend_rate = 0"),
        ("rate = 5e-3\nend_rate = 5e-3", 'rate = 5e-3\nend_rate = 1e-3\ndecay = "cosine"'),
        ("rate = 5e-3\nend_rate = 5e-3", 'rate = 5e-3\nend_rate = -1e-3\ndecay = "linear"'),
        ("rate = 5e-3\nend_rate = 5e-3", 'rate = 0\nend_rate = 0\ndecay = "linear"'),
        ("known_dabs", "unknown_dabs"),
        ("seed = 3", 'seed = 3\nobjective = "beauty"'),
        ("coarse_factor = 2", "coarse_factor = 1"),
        ("coarse_factor = 2", "coarse_factor = 3"),
        ("halved = 0.4", "halved = 1.1"),
        ("size = 16", "size = 16\nhalved = 0.5"),
        ("images = 24", "images = 24.5"),
        ("batch = 4", "batch = 4.0"),
        ("seed = 3", "seed = -3"),
        ("seed = 3", 'seed = 3\nheld = "*.v"'),
        ("seed = 3", "seed = 3\nheld = [1]"),
        ("seed = 3", "seed = 99999999999999999999"),
        ("rate = 5e-3\nend_rate = 5e-3", "rate = inf\nend_rate = 5e-3"),
        ("corrupt_past = 0.6", "corrupt_past = 6"),
        ("corrupt_past = 0.6", "corrupt_past = true"),
        ("halved = 0.4", "halved = true"),
        ("rate = 5e-3\nend_rate = 5e-3", "rate = 5e-3\nend_rate = true"),
        ("components = 3", "components = 3\nsampling_strength = true"),
        ("known_dabs = 0.4", "known_dabs = 0.9"),
        ("seed = 3", "seed = 3 # \udcff"),
        ("seed = 3", "seed = true"),
        ("picture_size = 36", "picture_size = 36.0"),
        ("warm_up_steps = 2", 'warm_up_steps = "2"'),
        ("warm_up_steps = 2", "validation_images = 0"),
        ("average_decay = 0.9", 'average_decay = "0.9"'),
        ("average_decay = 0.9", "average_decay = 1.5"),
        ("average_decay = 0.9", 'optimizer = "sgd"'),
        ("average_decay = 0.9", "radians_per_rate = 0"),
        ("average_decay = 0.9", "radians_per_rate = true"),
        ("average_decay = 0.9", "momentum = 1"),
        ("average_decay = 0.9", "momentum = -0.5"),
        ("average_decay = 0.9", "betas = [0.9]"),
        ("average_decay = 0.9", "betas = [0.9, 1]"),
        ("average_decay = 0.9", "clip_gradient_norm = -1"),
        ("average_decay = 0.9", "clip_gradient_norm = 0"),
        ("average_decay = 0.9", "auxiliary_weight = inf"),
        ("average_decay = 0.9", "level_weight = -1"),
        ("average_decay = 0.9", 'level_weight = 1.0\nobjective = "regression"'),
        ("average_decay = 0.9", "level_weight = true"),
        ("average_decay = 0.9", "pixel_cnn_every = 0"),
        ("average_decay = 0.9", "pixel_cnn_every = 3"),
        ("average_decay = 0.9", 'pixel_cnn_every = 2\nobjective = "regression"'),
        ("average_decay = 0.9", "average_decay = true"),
        ("batch = 4", "batch = 400"),
        ("rate = 5e-3\nend_rate = 5e-3", "rate = true\nend_rate = 5e-3"),
        ("components = 3", "components = 3\nlevel_up_blocks = 1.5"),
        ("components = 3", "components = 3\nattention_levels = 3"),
        ("components = 3", "components = 3\nattention_levels = 1.0"),
        ("components = 3", "components = 3\nattention_levels = 2"),
        ("known_colors = true", "known_colors = 'yes'"),
        ("components = 3", "components = 3\nvertical_kernel = [3, 2]"),
        ("[8, 1, 2, 1]]", "[8, 1, 4, 1]]"),
        ("[6, 1, 1, 1]", "[6, -1, 1, 1]"),
        ("dropout = 0.1", "dropout = 1.5"),
        ("dropout = 0.1", "dropout = 1"),
        ("components = 3", "components = 0"),
        ("channels = 6\nblocks", "channels = 6.0\nblocks"),
        ("components = 3", "vertical_kernel = [3]"),
    ],
)
def test_a_bad_configuration_is_told(config, change):
    text = config.read_text()
    assert change[0] in text
    config.write_bytes(text.replace(*change).encode(errors="surrogateescape"))
    with pytest.raises(DataError, match="tiny.toml"):
        read_config(config)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('[model]\nname = "cifar10"', '[other]\nname = "cifar10"'), "a table .model. with a name"),
        (('name = "cifar10"\n', ""), "a table .model. with a name"),
        (("[[stage]]\nsize = 16", "[stage]\nsize = 16"), "TOML"),
        (("[[stage]]", "[[stages]]"), "double brackets"),
    ],
)
def test_what_a_configuration_lacks_is_said_in_words(config, change, told):
    config.write_text(config.read_text().replace(*change))
    with pytest.raises(DataError, match=told):
        read_config(config)


def test_sizes_that_the_model_cannot_halve_are_told(config):
    config.write_text(config.read_text().replace("size = 16", "size = 18").replace("size = 32", "size = 36").replace("components = 3", "components = 3\nnetwork_size = 36"))
    with pytest.raises(DataError, match="18 pixels do not go with this model; they must be multiples of 8"):
        read_config(config)


def test_sizes_whose_coarsest_level_has_no_whole_pixels_are_told(config):
    config.write_text("level_weight = 0.5\n" + config.read_text().replace("[8, 1, 2, 1]]", "[8, 1, 2, 1], [8, 1, 2, 1], [8, 1, 2, 1]]"))
    with pytest.raises(DataError, match="16 pixels do not go with level_weight; they must be multiples of 32"):
        read_config(config)


def test_the_rate_goes_geometrically_or_linearly_to_its_end(config):
    text = config.read_text().replace("warm_up_steps = 2", "warm_up_steps = 0")
    last = "rate = 5e-3\nend_rate = 1e-4"
    config.write_text(text)
    trainer = Trainer(read_config(config))
    rates = [trainer.rate(trainer.config.stages[1], seen) for seen in (0, 12, 24)]
    assert rates == pytest.approx([5e-3, math.sqrt(5e-3 * 1e-4), 1e-4])
    config.write_text(text.replace(last, "rate = 4e-3\nend_rate = 0\ndecay = 'linear'"))
    trainer = Trainer(read_config(config))
    rates = [trainer.rate(trainer.config.stages[1], seen) for seen in (0, 6, 12, 24)]
    assert rates == pytest.approx([4e-3, 3e-3, 2e-3, 0])


CONFIG_FILES = sorted((Path(training.__file__).parent / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIG_FILES, ids=lambda path: path.stem)
def test_the_shipped_configurations_are_valid(path):
    read = read_config(path)
    assert read.model.channels == CONFIGS[read.model.name].channels and read.images > 0


def test_what_is_compared_has_names_of_its_own(folder, tmp_path, capsys):
    for name in ("a/theirs", "b/theirs", "real"):
        (tmp_path / name).mkdir(parents=True)
    init = checkpoint(tmp_path)
    evaluate = ("evaluate", init, "--data", folder, "--cache", tmp_path / "c", "--device", "cpu", "--samples", 1, "--others")
    for others, word in (((tmp_path / "a/theirs", tmp_path / "b/theirs"), "theirs"), ((tmp_path / "real",), "real")):
        assert run(*evaluate, *others) == 1
        assert f"called {word};" in capsys.readouterr().err
    assert run("evaluate", init, "--data", folder, "--baselines", init) == 1
    assert "--samples" in capsys.readouterr().err


def test_the_first_pictures_that_validate_stand_for_all_folders(tmp_path):
    for kind in "abcdefgh":
        (tmp_path / "val" / kind).mkdir(parents=True)
        for seed in range(6):
            cv2.imwrite(str(tmp_path / "val" / kind / f"{seed}.png"), colored_picture(40, 40, seed=seed))
    sources = load_pictures([tmp_path], split="validation", size=36, cache=tmp_path / "c").images
    listed = training.data._in_no_order(training.data._files([tmp_path], "validation"))
    assert len(sources) == 48 and len({file.parent.name for file in listed[:12]}) > 4
    assert np.array_equal(sources[0], _center(cv2.imread(str(listed[0]))[:, :, ::-1], 36))


def _center(picture, size):
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("again", [".", "people", ".."])
def test_a_folder_is_not_given_twice(tmp_path, again):
    (tmp_path / "all" / "people").mkdir(parents=True)
    paths = [tmp_path / "all", tmp_path / "all" / again]
    with pytest.raises(DataError, match="hold the same files"):
        load_pictures(paths, split="train", size=36, cache=tmp_path / "c")


def test_a_pack_that_names_no_split_is_told(tmp_path):
    write_pack(tmp_path / "holiday.npz", [colored_picture(36, 36)])
    with pytest.raises(DataError, match="names no split"):
        load_pictures([tmp_path / "holiday.npz"], split="train", size=36, cache=tmp_path / "c")


def test_a_run_is_exported_only_with_the_pictures_that_validate_it(folder, config, tmp_path, capsys):
    assert run("train", config, "--data", folder, "--out", tmp_path / "run", "--cache", tmp_path / "c", "--minutes", 0) == 0
    (tmp_path / "others").mkdir()
    write_pack(tmp_path / "others" / "val.npz", [colored_picture(36, 36, seed=s) for s in range(9)])
    export = ("export", tmp_path / "run", "-o", tmp_path / "a.safetensors", "--cache", tmp_path / "c")
    assert run(*export, "--data", tmp_path / "others") == 1
    assert "not the pictures that validate the run" in capsys.readouterr().err and not (tmp_path / "a.safetensors").exists()
    assert run(*export, "--data", folder) == 0


def test_a_run_does_not_go_on_with_fewer_pictures_of_the_same_files(folder, config, tmp_path, capsys):
    arguments = ("train", config, "--data", folder, "--out", tmp_path / "run", "--cache", tmp_path / "c", "--minutes", 0)
    assert run(*arguments) == 0
    recipe = json.loads((tmp_path / "run/run.json").read_text())
    recipe["data"]["images"] += 1  # one of them could be read then
    (tmp_path / "run/run.json").write_text(json.dumps(recipe))
    assert run(*arguments, "--resume") == 1 and "other pictures" in capsys.readouterr().err


def test_a_run_does_not_go_on_with_other_parameters_held(folder, config, tmp_path, capsys):
    arguments = ("--data", folder, "--out", tmp_path / "run", "--cache", tmp_path / "c", "--minutes", 0)
    text = config.read_text()
    config.write_text('held = ["pixel_cnn.u_blocks.0.*"]\n' + text)
    assert run("train", config, *arguments) == 0
    config.write_text('held = ["pixel_cnn.u_blocks.1.*"]\n' + text)  # as many, of the same shapes
    assert run("train", config, *arguments, "--resume") == 1 and "holds other parameters" in capsys.readouterr().err


def test_a_run_begins_or_goes_on(folder, config, tmp_path, capsys):
    arguments = ("train", config, "--data", folder, "--out", tmp_path / "run", "--resume", "--init", tmp_path / "none")
    assert run(*arguments) == 1 and "leave one of them out" in capsys.readouterr().err


def test_two_trainings_write_no_run_together(folder, config, tmp_path, capsys):
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "run").mkdir()
    arguments = ("train", config, "--data", folder, "--out", tmp_path / "run", "--cache", tmp_path / "c", "--minutes", 0)
    with open(tmp_path / "run/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run(*arguments) == 1 and "Another training is writing" in capsys.readouterr().err
    assert run(*arguments) == 0


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"known_coarse = 0.5": ""}, "known_coarse must be above 0"),
        ({"known_coarse = 0.5": "", "known_colors = true\ncoarse_factor = 2": "known_colors = false"}, "need a model with known_colors"),
        ({"seed = 3": "momentum = 0.9"}, "momentum is of muon"),
        ({"seed = 3": 'objective = "regression"\nauxiliary_weight = 2.0'}, "auxiliary_weight is of the likelihood"),
    ],
)
def test_settings_without_effect_are_told(config, changes, told):
    for line, other in changes.items():
        assert line in config.read_text()
        config.write_text(config.read_text().replace(line, other))
    with pytest.raises(DataError, match=told):
        read_config(config)


def test_what_cannot_be_measured_is_told_before_anything_is(folder, config, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("training.__main__.evaluate", lambda *_, **__: pytest.fail("that takes hours"))
    path = checkpoint(tmp_path, replace(TINY, known_colors=False, coarse_factor=1))
    evaluate = ("evaluate", path, "--data", folder, "--cache", tmp_path / "c")
    assert run(*evaluate, "--samples", 2, "--dabs") == 1 and "reads no known colours" in capsys.readouterr().err
    assert run(*evaluate, "--samples", 2, "--candidates", 4) == 1 and "in one pass" in capsys.readouterr().err
    assert run("figures", path, "--data", folder, "--cache", tmp_path / "c", "-o", tmp_path / "f", "--candidates", 4) == 1
    assert "in one pass" in capsys.readouterr().err


def test_a_network_begins_though_one_value_has_no_deviation():
    convolution = WeightNormConv2d(3, 4, kernel=(1, 1))
    convolution.initialize(torch.randn(1, 3, 1, 1))
    assert convolution.weight().isfinite().all() and convolution(torch.randn(1, 3, 1, 1)).abs().max() > 0
