"""The baselines of figure 7: what their outputs mean, and that they are trained, kept, measured and shown."""

import csv
import json
import math

import numpy as np
import pytest
import torch

from picgui import color
from picgui.errors import CheckpointError
from picgui.opencv import cv2
from picgui.pic.checkpoint import load_checkpoint, save_checkpoint
from picgui.pipeline import load_model
from tests.models import TINY, checkpoint
from tests.runs import CONFIG, colored_picture, run
from training.baselines import OBJECTIVES, Histograms, Independent, Rebalanced, Regression, load_baseline
from training.config import read_config
from training.data import load_pictures
from training.evaluate import evaluate
from training.figures import GAP, TILE
from training.train import read_state

BASELINES = [name for name in OBJECTIVES if name != "likelihood"]


def flat(a, b, size=8):
    """Normalised chroma (1, 2, size, size) of one colour in Lab units."""
    return color.normalize_chroma(torch.tensor([a, b]).view(1, 2, 1, 1).expand(1, 2, size, size).float())


def lab(answer):
    return color.denormalize_chroma(answer)[0, :, 4, 4].tolist()


@pytest.mark.parametrize("name", BASELINES)
def test_heads_are_not_rounded_to_bfloat16_in_training(name):
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        outputs = OBJECTIVES[name](TINY)(torch.randn(1, 1, 32, 32), known=torch.zeros(1, 5, 8, 8))
    assert outputs.dtype == torch.float32 and not torch.equal(outputs, outputs.bfloat16().float())


def test_regression_counts_squared_lab_units():
    baseline = Regression(TINY)
    outputs = torch.atanh(flat(10, -20))
    assert lab(baseline.answer(outputs)) == pytest.approx([10, -20], abs=1e-3)
    assert baseline.loss(outputs, flat(13, -20)).mean().item() == pytest.approx(9 / 2, rel=1e-3)


def test_rebalanced_answers_with_its_bins_and_weights_rare_ones_up():
    torch.manual_seed(0)
    baseline = Rebalanced(TINY)
    centers = (color.denormalize_chroma(baseline.centers[:, :, None])[:, :, 0].T / 10).round() * 10
    assert len(centers.unique(dim=0)) == len(centers) == baseline.outputs(TINY) and [0, 0] in centers.tolist()
    assert [-80, -80] not in centers.tolist(), "no sRGB colour is there"
    index = centers.tolist().index([30, 20])
    outputs = torch.zeros(1, len(centers), 8, 8)
    outputs[:, index] = 50
    assert lab(baseline.answer(outputs)) == pytest.approx([30, 20], abs=1e-2)
    grey, red = flat(0, 0), flat(30, 20)
    for _ in range(9):
        baseline.loss(outputs, grey)
    before = baseline.counts.clone()
    assert before[centers.tolist().index([0, 0])] == 9 * 64 == before.sum()
    favoured, other = (torch.zeros(1, len(centers), 8, 8) for _ in range(2))
    favoured[:, index], other[:, centers.tolist().index([0, 0])] = 2, 2
    assert baseline.eval().loss(favoured, red).mean() < baseline.loss(other, red).mean()
    assert baseline.loss(other, grey).mean() < baseline.loss(favoured, grey).mean()
    assert torch.equal(baseline.counts, before), "validation pictures are not counted"
    weights = baseline.weights()
    assert weights[index] > 1.5 * weights[centers.tolist().index([0, 0])]
    frequency = (before + 1) / (before + 1).sum()
    assert (weights * frequency).sum().item() == pytest.approx(1, rel=1e-4)


def test_histograms_give_hue_and_saturation_back_and_fade_where_hue_is_open():
    baseline = Histograms(TINY)
    a, b = 25.0, -30.0
    radius, hue = math.hypot(a, b), math.atan2(b, a) % (2 * math.pi)
    outputs = torch.zeros(1, 2, 32, 8, 8)
    outputs[:, 0, int(hue / (2 * math.pi) * 32)] = 50
    outputs[:, 1, int(radius / 100 * 32)] = 50
    right = outputs.flatten(1, 2)
    assert lab(baseline.answer(right)) == pytest.approx([a, b], abs=100 / 32 + radius * math.pi / 32)
    assert baseline.loss(right, flat(a, b)).mean() < 1e-3 < baseline.loss(right, flat(-a, b)).mean()
    open_hue = torch.cat((torch.zeros(1, 32, 8, 8), right[:, 32:]), dim=1)
    assert np.hypot(*lab(baseline.answer(open_hue))) < 1


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_goes_on_from_pic_learns_and_is_kept(name, folder, tmp_path, capsys):
    config = tmp_path / f"{name}.toml"
    config.write_text(f'objective = "{name}"\n' + CONFIG.replace("known_dabs = 0.4", "known_dabs = 0.0"))
    model = read_config(config).model
    data = ("--data", folder, "--cache", tmp_path / "c", "--device", "cpu")
    init = ("--init", checkpoint(tmp_path, model))
    assert run("train", config, *data, "--out", tmp_path / "whole", *init) == 0
    assert "loss" in capsys.readouterr().err
    for attempt in range(12):  # one step at a time
        more = ("--resume",) if attempt else init
        assert run("train", config, *data, "--out", tmp_path / "pieces", "--minutes", 0, *more) == 0
    whole, pieces = (read_state(tmp_path / run_name)["average"] for run_name in ("whole", "pieces"))
    assert whole.keys() == pieces.keys() and all(torch.equal(whole[key], pieces[key]) for key in whole)
    with open(tmp_path / "whole/curve.csv", newline="") as stream:
        row = list(csv.DictReader(stream))[-1]
    assert float(row["loss"]) > 0 and float(row["train_loss"]) > 0 and not row["bits_per_dim"]
    target = tmp_path / f"{name}.safetensors"
    assert run("export", tmp_path / "whole", "-o", target, *data) == 0
    Rebalanced._bins.cache_clear()  # as in a process that has made no network yet
    baseline = load_baseline(target)
    assert isinstance(baseline, OBJECTIVES[name]) and not baseline.training
    chroma = baseline.colorize(torch.rand(1, 1, 32, 32) - 0.5)
    assert chroma.shape == (2, 8, 8) and np.isfinite(chroma).all()
    with pytest.raises(CheckpointError, match="picgui-pic-1"):
        load_checkpoint(target)  # the product takes none of them


def test_the_independent_baseline_begins_as_g_alone(folder, tmp_path):
    model = load_model(checkpoint(tmp_path))
    network = model.checkpoint.network()
    baseline = Independent(TINY)
    assert baseline.begin_with(network)
    pictures = load_pictures([folder], split="validation", size=36, cache=tmp_path / "c")
    before = evaluate(network.fold(), pictures)["bits_per_dim_embedding_only"]
    assert evaluate(baseline.fold(), pictures)["loss"] == pytest.approx(before, abs=1e-5)


def test_baselines_and_other_programs_stand_beside_pic(folder, tmp_path, capsys, monkeypatch):
    torch.manual_seed(0)
    rival = save_checkpoint(tmp_path / "rival.safetensors", Regression(TINY))
    # the tiny checkpoint does not say of which size its pictures were; 32 pixels then
    data = ("--data", folder, "--cache", tmp_path / "c")
    assert run("grey", *data, "--size", 32, "--limit", 3, "-o", tmp_path / "other") == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "other" / f"{i}.png") for i in range(3)]
    assert run("grey", *data, "--size", 32, "--limit", 3, "-o", tmp_path / "other") == 1
    assert "exists already" in capsys.readouterr().err, "it may be a photograph, or another program's answer"
    beside = (checkpoint(tmp_path), *data, "--device", "cpu", "--baselines", rival, "--others", tmp_path / "other")
    evaluation = ("evaluate", *beside, "--samples", 2, "--sampled-pictures", 3, "--limit", 4, "--json")
    assert run(*evaluation) == 0
    measures = json.loads(capsys.readouterr().out)["measures"]
    assert measures["other"]["saturation"][0] < 1 < measures["real"]["saturation"][0]
    assert measures["other"]["psnr"][0] == pytest.approx(measures["grey"]["psnr"][0], abs=0.5)
    assert measures["rival"]["chroma_rmse"][0] > 0
    assert run("figures", *beside, "--limit", 2, "--samples", 2, "-o", tmp_path / "sheets") == 0
    with_rivals = cv2.imread(str(tmp_path / "sheets/figure-7-side-by-side.png"))
    assert run("figures", *beside[:-4], "--limit", 2, "--samples", 2, "-o", tmp_path / "alone") == 0
    alone = cv2.imread(str(tmp_path / "alone/figure-7-side-by-side.png"))
    assert with_rivals.shape[1] - alone.shape[1] == 2 * (TILE + GAP)
    cv2.imwrite(str(tmp_path / "other/1.png"), np.zeros((20, 20, 3), np.uint8))
    monkeypatch.setattr("training.__main__.evaluate", None)  # told before what takes long
    assert run(*evaluation) == 1 and "20 x 20" in capsys.readouterr().err
    whole = cv2.imencode(".png", np.random.default_rng(0).integers(0, 255, (36, 36, 3), dtype=np.uint8))[1].tobytes()
    at = whole.index(b"IDAT")
    (tmp_path / "other/1.png").write_bytes(whole[: at + 100] + b"\xff" * 60)
    assert run(*evaluation) == 1 and "cannot be read" in capsys.readouterr().err
    (tmp_path / "other/1.png").unlink()
    assert run(*evaluation) == 1 and "no picture named 1" in capsys.readouterr().err


def test_figures_of_a_folder_of_photographs(tmp_path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    for index in range(2):
        cv2.imwrite(str(photos / f"{index}.png"), colored_picture(60, 40 + 20 * index, seed=index))
    figures = ("figures", checkpoint(tmp_path), "--device", "cpu", "--samples", 2)
    assert run(*figures, "--photos", photos, "-o", tmp_path / "sheets") == 0
    written = sorted(path.stem for path in (tmp_path / "sheets").iterdir())
    assert [name.split("-")[1] for name in written] == ["1", "4", "6", "7"], "3 and 5 need originals"
    (tmp_path / "none").mkdir()
    assert run(*figures, "--photos", tmp_path / "none", "-o", tmp_path / "sheets") == 1
    assert "no photographs" in capsys.readouterr().err
