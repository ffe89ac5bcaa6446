"""Muon: what turns, how far, and what is Adam's."""

import tomllib

import pytest
import torch
from torch import nn

from tests.runs import CONFIG
from training.config import parse_config
from training.machine import fast_products
from training.optimizer import Muon, orthogonalized
from training.train import Trainer

OPTIONS = {"radians_per_rate": 10.0, "momentum": 0.9, "betas": (0.9, 0.99), "epsilon": 1e-6}


@pytest.mark.parametrize("shape", [(24, 60), (60, 24), (16, 16)])
def test_a_matrix_is_brought_to_the_nearest_orthonormal_one(shape):
    torch.manual_seed(0)
    u, _, v = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    matrix = u @ torch.diag(torch.logspace(0, -2, len(v))) @ v
    found = orthogonalized(5 * matrix)
    assert (torch.linalg.svdvals(found) - 1).abs().max() < 0.3
    assert (found - u @ v).norm() / (u @ v).norm() < 0.2 and (matrix / matrix.norm() - u @ v).norm() > 3
    assert torch.equal(orthogonalized(torch.zeros(shape)), torch.zeros(shape))


def kernel_with(gradient, *, scale=1.0):
    torch.manual_seed(1)
    kernel = nn.Parameter(scale * torch.randn(6, 4, 3, 3).contiguous(memory_format=torch.channels_last))
    kernel.grad = gradient / scale
    return kernel


def test_rows_keep_their_lengths_and_turn_as_far_as_is_said_whatever_the_gradient_is():
    torch.manual_seed(2)
    gradient = torch.randn(6, 4, 3, 3)
    gradient[0] *= 30
    turned = []
    for scale in (1.0, 7.0):  # of the kernel, whose gradient is the smaller for it
        kernel = kernel_with(gradient, scale=scale)
        before = kernel.detach().flatten(1).clone()
        optimizer = Muon([kernel], [], **OPTIONS)
        optimizer.param_groups[0]["lr"] = 0.002
        optimizer.step()
        after = kernel.detach().flatten(1)
        assert torch.allclose(after.norm(dim=1), before.norm(dim=1), rtol=1e-5)
        angles = torch.arccos((nn.functional.cosine_similarity(after.double(), before.double())).clamp_max(1))
        assert 0.015 < angles.min() and angles.max() < 0.025  # 0.02 where a row is at right angles to how it turns
        assert ((after - before) * gradient.flatten(1)).sum(dim=1).max() < 0, "every row goes down its gradient"
        turned.append(after / after.norm(dim=1, keepdim=True))
    assert torch.allclose(*turned, atol=1e-5)


def test_what_is_no_kernel_is_moved_as_by_adam():
    torch.manual_seed(3)
    ours, theirs = (nn.Parameter(torch.ones(20)) for _ in range(2))
    muon = Muon([], [ours], **OPTIONS)
    adam = torch.optim.Adam([theirs], lr=0.01, betas=OPTIONS["betas"], eps=OPTIONS["epsilon"])
    muon.param_groups[0]["lr"] = 0.01
    for _ in range(5):
        ours.grad = theirs.grad = torch.randn(20)
        muon.step()
        adam.step()
    assert torch.allclose(ours, theirs, atol=1e-6) and (ours != 1).all()


def test_momentum_goes_on_where_gradients_end():
    torch.manual_seed(4)
    kernel = kernel_with(torch.randn(6, 4, 3, 3))
    optimizer = Muon([kernel], [], **OPTIONS)
    optimizer.step()
    before = kernel.detach().clone()
    kernel.grad = torch.zeros_like(kernel.grad)
    optimizer.step()
    assert not torch.allclose(before, kernel, atol=1e-4)
    kernel.grad = None
    before = kernel.detach().clone()
    optimizer.step()
    assert torch.equal(before, kernel)


def test_a_network_is_shared_out_between_kernels_and_the_rest():
    trainer = Trainer(parse_config(tomllib.loads('optimizer = "muon"\nheld = ["auxiliary.*"]\n' + CONFIG)))
    kernels, rest = ({id(p) for p in group["params"]} for group in trainer.optimizer.param_groups)
    for name, parameter in trainer.network.named_parameters():
        held = name.startswith("auxiliary.")
        assert (id(parameter) in kernels) == (name.endswith(".v") and not held), name
        assert (id(parameter) in rest) == (not name.endswith(".v") and not held), name


def product_error():
    x = torch.rand(300, 300, generator=torch.Generator().manual_seed(5)) - 0.5
    return (x @ x - x.double() @ x.double()).abs().max().item()


def test_products_are_only_left_to_what_rounds_no_more(monkeypatch):
    matmul = getattr(torch.backends.mkldnn, "matmul", None)
    before = getattr(matmul, "fp32_precision", None)
    with pytest.raises(KeyError), fast_products():
        assert product_error() < 1e-5
        raise KeyError
    assert getattr(matmul, "fp32_precision", None) == before
    monkeypatch.setattr("training.machine._onednn_is_exact", lambda: False)  # as with matrix units
    with fast_products():
        assert getattr(matmul, "fp32_precision", None) == before
