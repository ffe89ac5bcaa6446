"""The networks: their sizes, what reaches what, and that any shape of picture goes through."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from picgui.pic.layers import SelfAttention, WeightNormConv2d, initialize_from_data, weight_norm_convolutions
from picgui.pic.network import (
    CONFIGS,
    PIC,
    ModelConfig,
    Stage,
    known_planes,
    nothing_known,
    past_planes,
    reduce_chroma,
    reduce_luminance,
    with_coarse,
)
from tests.models import TINY, TINY_PAPER, network

BOTH = pytest.mark.parametrize("config", [TINY, TINY_PAPER], ids=lambda c: c.name)


def parameters_in_millions(module):
    return sum(p.numel() for p in module.parameters()) / 1e6


@pytest.mark.parametrize(
    ("name", "embedding", "pixel_cnn"), [("cifar10", (13.5, 14.5), (11, 12.7)), ("imagenet", (98, 102), (11, 13))]
)
def test_the_papers_configurations_have_the_papers_sizes(name, embedding, pixel_cnn):
    with torch.device("meta"):
        built = PIC(CONFIGS[name])
    assert embedding[0] < parameters_in_millions(built.embedding) < embedding[1]
    assert pixel_cnn[0] < parameters_in_millions(built.pixel_cnn) < pixel_cnn[1]


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_survives_json(name):
    assert ModelConfig.from_dict(CONFIGS[name].to_dict()) == CONFIGS[name]


@pytest.mark.parametrize(
    "change",
    [
        {"chroma_scale": 3},
        {"chroma_rule": "nearest"},
        {"levels": []},
        {"surplus": 1},
        {"stages": [["a", 1, 2, 1]]},
    ],
)
def test_a_configuration_that_cannot_be_is_refused(change):
    with pytest.raises(ValueError):
        ModelConfig.from_dict(TINY.to_dict() | change)


@BOTH
def test_f_is_strictly_causal_and_alive(config):
    """The Jacobian of pixel i's parameters by pixel j's chroma is zero for j >= i and mostly not below."""
    built = network(config).double().pixel_cnn
    height, width = 4, 5
    embedding = torch.randn(1, config.embedding_channels, height, width, dtype=torch.float64)
    luminance = torch.randn(1, 1, height, width, dtype=torch.float64)
    chroma = torch.randn(1, 2, height, width, dtype=torch.float64) * 0.2

    def outputs(c):
        return built(past_planes(luminance, c), embedding)[0].abs().sum(0).flatten()

    jacobian = torch.autograd.functional.jacobian(outputs, chroma)[:, 0].abs().sum(1).flatten(1)
    assert torch.equal(jacobian.triu(), torch.zeros_like(jacobian))
    below = jacobian[torch.ones_like(jacobian, dtype=torch.bool).tril(-1)]
    assert (below > 0).double().mean() > 0.5


@BOTH
def test_luminance_reaches_every_pixel_of_f_from_below_too(config):
    """f is causal in chroma only: g^w lets it see the whole photograph."""
    built = network(config).double()
    luminance = torch.randn(1, 1, 32, 32, dtype=torch.float64, requires_grad=True)
    size = 32 // config.chroma_scale
    parameters, _ = built(luminance, torch.zeros(1, 2, size, size, dtype=torch.float64))
    parameters[0, :, 2, 2].abs().sum().backward()
    assert luminance.grad[0, 0, 2 * config.chroma_scale + 4 :].abs().max() > 0


def test_the_coarse_levels_see_the_whole_photograph():
    with torch.device("meta"):
        levels = CONFIGS["photo"].multiple
    assert levels == 32
    built = network(TINY).double()
    luminance = torch.randn(1, 1, 32, 32, dtype=torch.float64, requires_grad=True)
    built.embedding(luminance)[0, :, 0, 0].abs().sum().backward()
    assert luminance.grad[0, 0, -4:, -4:].abs().max() > 0


def test_a_known_colour_reaches_the_embedding_and_an_empty_mask_is_the_default():
    built = network(TINY)
    luminance = torch.randn(1, 1, 32, 32)
    small = reduce_luminance(luminance, 4)
    empty = built.embedding(luminance)
    assert torch.equal(empty, built.embedding(luminance, nothing_known(small)))
    mask = torch.zeros(1, 1, 8, 8)
    mask[0, 0, 4, 4] = 1
    red = built.embedding(luminance, known_planes(small, torch.full((1, 2, 8, 8), 0.5), mask))
    assert not torch.equal(empty, red)


def test_colours_outside_the_mask_do_not_reach_the_embedding():
    built, luminance, mask = network(TINY), torch.randn(1, 1, 32, 32), torch.zeros(1, 1, 8, 8)
    mask[..., :4] = 1
    chroma = torch.rand(1, 2, 8, 8)
    other = torch.where(mask > 0, chroma, chroma + 1)
    small = reduce_luminance(luminance, 4)
    results = [built.embedding(luminance, known_planes(small, c, mask)) for c in (chroma, other)]
    assert torch.equal(*results)


def test_coarse_colours_fill_in_for_unknown_ones_and_the_mask_tells_how_good_they_are():
    chroma, mask = torch.full((2, 2, 8, 8), 0.5), torch.zeros(2, 1, 8, 8)
    mask[:, :, 3, 3] = 1
    coarse = torch.zeros(2, 2, 4, 4)
    coarse[:, :, :, 2:] = -0.25
    given, certainty = with_coarse(chroma, mask, coarse, torch.tensor([0.0, 1.0]))
    assert (given[:, :, 3, 3] == 0.5).all() and (certainty[:, :, 3, 3] == 1).all()
    assert (given[:, :, 0, 0] == 0).all() and (given[:, :, 7, 7] == -0.25).all()
    assert ((given[:, :, 0, 3] < 0) & (given[:, :, 0, 3] > -0.25)).all(), "enlarged smoothly"
    assert (certainty[0, 0, 0] == 0.75).all() and (certainty[1, 0, 0] == 0.25).all()


@pytest.mark.parametrize(
    "change", [{"coarse_factor": 3}, {"coarse_strength": -0.1}, {"coarse_factor": 2, "known_colors": False, "levels": (), "attention_levels": 0}]
)
def test_a_coarse_pass_that_cannot_be_is_refused(change):
    with pytest.raises(ValueError, match="coarse|known"):
        replace(TINY, **change)


@BOTH
@pytest.mark.parametrize(("height", "width"), [(4, 4), (12, 60), (36, 28)])
def test_any_shape_goes_through(config, height, width):
    scale = config.chroma_scale
    parameters, auxiliary = network(config)(
        torch.randn(2, 1, height, width), torch.zeros(2, 2, height // scale, width // scale)
    )
    assert parameters.shape == auxiliary.shape == (2, 6 * config.components, height // scale, width // scale)


def test_a_size_that_is_no_multiple_is_refused():
    with pytest.raises(ValueError, match="13x32"):
        network(TINY).embedding(torch.zeros(1, 1, 13, 32))


@BOTH
def test_folding_changes_nothing(config):
    built = network(config)
    inputs = torch.randn(1, 1, 32, 32), torch.zeros(1, 2, 32 // config.chroma_scale, 32 // config.chroma_scale)
    with torch.no_grad():
        before = built(*inputs)[0]
        after = built.fold()(*inputs)[0]
    assert torch.allclose(before, after, atol=1e-5)


def test_set_weight_is_the_inverse_of_folding():
    convolution = WeightNormConv2d(3, 4)
    with torch.no_grad():
        convolution.g.uniform_(0.5, 2)
    other = WeightNormConv2d(3, 4)
    other.set_weight(convolution.weight())
    assert torch.allclose(other.weight(), convolution.weight(), atol=1e-7)
    assert other.weight().requires_grad


def test_an_output_whose_kernel_is_zero_stays_one_and_trains_on():
    """As half precision makes them of tiny ones."""
    weight = torch.randn(4, 3, 3, 3)
    weight[1] = 0
    convolution = WeightNormConv2d(3, 4)
    convolution.set_weight(weight)
    assert torch.allclose(convolution.weight(), weight, atol=1e-7) and (convolution.weight()[1] == 0).all()
    x = torch.randn(2, 3, 5, 5)
    for _ in range(3):
        convolution.zero_grad()
        convolution(x).square().sum().add(convolution(x).sum()).backward()
        assert all(p.grad.isfinite().all() for p in convolution.parameters()) and convolution.g.grad[1] != 0
        with torch.no_grad():
            for parameter in convolution.parameters():
                parameter -= 1e-3 * parameter.grad
    assert convolution.weight()[1].abs().sum() > 0
    convolution.set_weight(weight)
    convolution.fold()
    assert torch.allclose(convolution.weight(), weight, atol=1e-7) and (convolution.weight()[1] == 0).all()


def test_data_dependent_initialisation_gives_zero_mean_and_unit_deviation():
    torch.manual_seed(0)
    convolution = WeightNormConv2d(3, 16)
    x = torch.randn(8, 3, 20, 20) * 5 + 3
    initialize_from_data(convolution, lambda: convolution(x))
    y = convolution(x)
    assert torch.allclose(y.mean(dim=(0, 2, 3)), torch.zeros(16), atol=1e-3)
    assert torch.allclose(y.std(dim=(0, 2, 3)), torch.ones(16), atol=1e-2)


def test_every_convolution_with_a_gate_starts_small():
    gates = [c for name, c in weight_norm_convolutions(network()).items() if name.endswith("gate")]
    assert gates and all(gate.init_scale == 0.1 for gate in gates)


def test_dropout_acts_in_training_only():
    built, inputs = network(TINY_PAPER), (torch.randn(1, 1, 16, 16), torch.zeros(1, 2, 8, 8))
    assert torch.equal(built(*inputs)[0], built(*inputs)[0])
    built.train()
    assert not torch.equal(built(*inputs)[0], built(*inputs)[0])


def test_point_takes_every_nth_pixel_and_area_the_mean():
    chroma = torch.arange(16.0).view(1, 1, 4, 4).expand(1, 2, 4, 4)
    assert reduce_chroma(chroma, 2, "point")[0, 0].tolist() == [[0, 2], [8, 10]]
    assert reduce_chroma(chroma, 2, "area")[0, 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_stages_must_reduce_by_the_chroma_scale():
    with pytest.raises(ValueError, match="reduce by 2"):
        ModelConfig.from_dict(TINY.to_dict() | {"stages": [list(Stage(4, 1, 2))]})


@pytest.mark.parametrize(("height", "width"), [(28, 40), (4, 8), (24, 20)])
def test_a_picture_is_continued_by_its_mirror_image_to_the_coarsest_level(height, width):
    """What lies beyond a picture is like it, not a black wall; known colours too."""
    embedding = network(TINY).embedding
    luminance, chroma = torch.randn(1, 1, height, width), torch.randn(1, 2, height // 4, width // 4)
    known = known_planes(reduce_luminance(luminance, 4), chroma, torch.full_like(chroma[:, :1], 0.75))

    sides = [-(-side // TINY.multiple) * TINY.multiple for side in (height, width)]

    def continued(planes, scale):
        rows = torch.cat((planes, planes.flip(2)), dim=2).repeat(1, 1, TINY.multiple, 1)[:, :, : sides[0] // scale]
        return torch.cat((rows, rows.flip(3)), dim=3).repeat(1, 1, 1, TINY.multiple)[:, :, :, : sides[1] // scale]

    with torch.no_grad():
        given, larger = embedding(luminance, known), embedding(continued(luminance, 1), continued(known, 4))
    assert torch.allclose(given, larger[:, :, : height // 4, : width // 4], atol=1e-5)


def test_heads_are_not_rounded_to_bfloat16_in_training():
    built, (height, width) = network(TINY), (32, 32)
    luminance, chroma = torch.randn(2, 1, height, width), torch.zeros(2, 2, height // 4, width // 4)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        for parameters in built(luminance, chroma, nothing_known(reduce_luminance(luminance, 4)), torch.zeros(2)):
            assert parameters.dtype == torch.float32 and not torch.equal(parameters, parameters.bfloat16().float())
    with torch.no_grad():
        assert built.double().auxiliary_parameters(torch.randn(1, TINY.embedding_channels, 3, 3, dtype=torch.float64)).dtype == torch.float64


def test_self_attention_lets_every_pixel_of_a_picture_see_all_others_of_it_alone():
    torch.manual_seed(0)
    attention = SelfAttention(8).eval()
    x = torch.randn(2, 8, 5, 7, requires_grad=True)
    y = attention(x)
    (seen,) = torch.autograd.grad(y[0, :, 2, 3].sum(), x)
    assert (seen[0].abs().sum(dim=0) > 0).all() and not seen[1].any()
    order = torch.randperm(35)
    shuffled = x.flatten(2)[:, :, order].view_as(x)
    assert torch.allclose(attention(shuffled).flatten(2), y.flatten(2)[:, :, order], atol=1e-5), "it knows no places"
    q, k, v = (attention.read(F.elu(x))[0, part * 8 : part * 8 + 2].flatten(1) for part in range(3))  # of the first head
    taken = v @ torch.softmax(q.T @ k / 2**0.5, dim=1).T
    with torch.no_grad():
        attention.put.set_weight(torch.eye(8)[:, :, None, None] * (torch.arange(8) < 2)[:, None, None, None])
    assert torch.allclose((attention(x) - x)[0, :2].flatten(1), taken, atol=1e-5)
