"""Checkpoints: what is written comes back, and what is damaged or foreign is told in a sentence."""

import json

import pytest
import safetensors.torch
import torch

from picgui.errors import CheckpointError
from picgui.pic.checkpoint import load_checkpoint, save_checkpoint
from picgui.pipeline import embed, load_model
from tests.models import TINY, checkpoint, network


def test_weights_and_metadata_come_back(tmp_path):
    built = network()
    path = save_checkpoint(tmp_path / "a.safetensors", built, metadata={"bits_per_dim": 2.5}, dtype=torch.float32)
    read = load_checkpoint(path)
    assert read.config == TINY
    assert read.metadata["bits_per_dim"] == 2.5 and read.metadata["chroma_rule"] == "area" and read.name == "a"
    inputs = torch.randn(1, 1, 32, 32), torch.zeros(1, 2, 8, 8)
    with torch.no_grad():
        assert torch.allclose(built(*inputs)[0], read.network()(*inputs)[0], atol=1e-5)


def test_a_checkpoint_of_before_there_were_coarse_samples_draws_without_them(tmp_path, photo):
    path = checkpoint(tmp_path)
    with safetensors.safe_open(path, framework="pt") as file:
        header = file.metadata()
    values = json.loads(header["config"])
    del values["coarse_factor"], values["coarse_strength"]
    tensors = safetensors.torch.load(path.read_bytes())
    safetensors.torch.save_file(tensors, path, metadata=header | {"config": json.dumps(values)})
    model = load_model(path, device="cpu")
    assert model.network.config.coarse_factor == 1 and embed(photo, model).coarse is None


def test_half_precision_changes_the_parameters_little(tmp_path):
    read = load_checkpoint(checkpoint(tmp_path))
    inputs = torch.randn(1, 1, 32, 32), torch.zeros(1, 2, 8, 8)
    with torch.no_grad():
        assert torch.allclose(network()(*inputs)[0], read.network()(*inputs)[0], atol=0.05)


def test_a_loaded_network_trains_on(tmp_path):
    built = load_checkpoint(checkpoint(tmp_path)).network()
    built(torch.randn(1, 1, 32, 32), torch.zeros(1, 2, 8, 8))[0].sum().backward()
    assert built.pixel_cnn.out.v.grad.abs().sum() > 0


def test_writing_leaves_no_other_file_and_the_hash_is_of_the_content(tmp_path):
    first, second = checkpoint(tmp_path), checkpoint(tmp_path, seed=1, name="other")
    assert {p.name for p in tmp_path.iterdir()} == {"tiny.safetensors", "other.safetensors"}
    assert load_checkpoint(first).sha256 != load_checkpoint(second).sha256


def test_weights_that_are_not_finite_are_not_written(tmp_path):
    built = network()
    with torch.no_grad():
        built.pixel_cnn.out.bias[0] = float("nan")
    with pytest.raises(CheckpointError, match="not finite"):
        save_checkpoint(tmp_path / "a.safetensors", built)
    assert not list(tmp_path.iterdir())


def rewrite(path, *, header=None, tensors=None):
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        old = file.metadata()
    safetensors.torch.save_file(
        safetensors.torch.load_file(path) if tensors is None else tensors, path, metadata=old if header is None else header
    )


def missing(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-100])


def garbled(path):
    path.write_bytes(b"\xff" * 64 + path.read_bytes()[64:])


def a_pickle(path):
    torch.save({"a": torch.zeros(1)}, path)


def foreign(path):
    safetensors.torch.save_file({"w": torch.zeros(2)}, path)


def of_a_newer_format(path):
    rewrite(path, header={"format": "picgui-pic-9"})


def without_configuration(path):
    rewrite(path, header={"format": "picgui-pic-1", "metadata": "{}"})


def of_another_shape(path):
    config = TINY.to_dict() | {"channels": 8}
    rewrite(path, header={"format": "picgui-pic-1", "metadata": "{}", "config": json.dumps(config)})


def without_end(path):
    config = json.dumps(TINY.to_dict()).replace('"levels": [[6, 1, 1, 1]', '"levels": [[6, 1, Infinity, 1]')
    assert "Infinity" in config
    rewrite(path, header={"format": "picgui-pic-1", "metadata": "{}", "config": config})


def of_another_stride(path):
    levels = [[6, 1, 1, 1], [8, 1, 4, 1]]
    rewrite(path, header={"format": "picgui-pic-1", "metadata": "{}", "config": json.dumps(TINY.to_dict() | {"levels": levels})})


def short_of_a_tensor(path):
    tensors = safetensors.torch.load_file(path)
    tensors.popitem()
    rewrite(path, tensors=tensors)


def with_a_hole(path):
    tensors = safetensors.torch.load_file(path)
    tensors["pixel_cnn.out.weight"][0] = float("inf")
    rewrite(path, tensors=tensors)


def of_numbers_that_pytorch_does_not_have(path):
    header = json.dumps({"x": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0")


@pytest.mark.parametrize(
    "damage",
    [
        missing,
        of_numbers_that_pytorch_does_not_have,
        empty,
        cut_off,
        garbled,
        a_pickle,
        foreign,
        of_a_newer_format,
        without_configuration,
        of_another_shape,
        without_end,
        of_another_stride,
        short_of_a_tensor,
        with_a_hole,
    ],
)
def test_a_bad_file_is_told_in_a_sentence(tmp_path, damage):
    path = checkpoint(tmp_path)
    damage(path)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    message = str(caught.value)
    assert "tiny.safetensors" in message and message.endswith(".") and "\n" not in message
