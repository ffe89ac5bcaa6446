"""Networks that begin with a smaller one's weights compute what it does, and learn with what they have besides."""

from dataclasses import replace

import pytest
import torch

from picgui.errors import DataError
from picgui.pic.checkpoint import load_checkpoint
from picgui.pic.network import Stage
from tests.models import TINY, TINY_PAPER, checkpoint
from training.growth import grown

WIDER = {
    "channels": {"channels": 10},
    "embedding_channels": {"embedding_channels": 9},
    "stages": {"stages": (Stage(5, 1, 2), Stage(6, 0, 2))},
    "stages and levels": {"stages": (Stage(5, 1, 2), Stage(9, 0, 2)), "levels": (Stage(9, 1), Stage(8, 1, 2))},
    "all": {
        "channels": 7,
        "blocks": 3,
        "embedding_channels": 8,
        "stages": (Stage(5, 1, 2), Stage(7, 0, 2)),
        "levels": (Stage(7, 2), Stage(8, 2, 2)),
        "level_up_blocks": 2,
    },
}


def planes(config, *, number=3):
    torch.manual_seed(1)
    size, small = config.network_size, config.network_size // config.chroma_scale
    return torch.randn(number, 1, size, size), torch.randn(number, 2, small, small) * 0.2


@pytest.mark.parametrize("more", WIDER.values(), ids=WIDER)
def test_a_larger_network_computes_what_the_checkpoint_does(tmp_path, more):
    init = load_checkpoint(checkpoint(tmp_path, TINY))
    larger, inputs = grown(init, replace(TINY, **more)).eval(), planes(TINY)
    for ours, theirs in zip(larger(*inputs), init.network().eval()(*inputs)):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_the_paper_s_network_becomes_wider_too(tmp_path):
    init = load_checkpoint(checkpoint(tmp_path, TINY_PAPER))
    stages = tuple(stage._replace(channels=stage.channels + 3) for stage in TINY_PAPER.stages)
    larger, inputs = grown(init, replace(TINY_PAPER, channels=9, embedding_channels=11, stages=stages)).eval(), planes(TINY_PAPER)
    for ours, theirs in zip(larger(*inputs), init.network().eval()(*inputs)):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_every_further_channel_can_learn(tmp_path):
    """Nothing reads the further channels yet; after a few steps all have gradients of their own."""
    larger = grown(load_checkpoint(checkpoint(tmp_path, TINY)), replace(TINY, **WIDER["all"])).double()
    inputs = [plane.double() for plane in planes(TINY)]
    for _ in range(5):
        larger.zero_grad()
        sum(output.square().mean() for output in larger(*inputs)).backward()
        with torch.no_grad():
            for parameter in larger.parameters():
                parameter -= 0.01 * parameter.grad
    for name, parameter in larger.named_parameters():
        if name.endswith(".v"):
            assert parameter.grad.flatten(1).norm(dim=1).min() > 0, name


def test_blocks_that_the_configuration_has_not_are_left_out_from_the_last(tmp_path, capsys):
    deep = replace(TINY, levels=(Stage(6, 1), Stage(8, 3, 2)), blocks=3)
    init = load_checkpoint(checkpoint(tmp_path, deep))
    before, after = init.network().state_dict(), grown(init, TINY).state_dict()
    assert "tiny.safetensors learnt in embedding.down.1.2.first" in capsys.readouterr().err
    assert set(after) == {n for n in before if not n.startswith(("embedding.down.1.2", "embedding.down.1.3", "pixel_cnn.u_blocks.2", "pixel_cnn.ul_blocks.2"))}
    assert all(torch.allclose(after[name], before[name], atol=1e-6) for name in after)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levels": (Stage(6, 1), Stage(8, 1, 2), Stage(8, 1, 2))}, "levels differ"),
        ({"levels": (Stage(7, 1), Stage(8, 1, 2))}, "stages differ"),  # a convolution would come between
        ({"stages": (Stage(4, 2, 2), Stage(6, 0, 2))}, "stages differ"),
        ({"components": 4}, "components differ"),
        ({"vertical_kernel": (3, 3)}, "vertical_kernel differ"),
        ({"channels": 5}, r"more channels than the configuration: channels \(5 of 6\)"),
        ({"stages": (Stage(3, 1, 2), Stage(6, 0, 2))}, r"channels of stage 1 \(3 of 4\)"),
        ({"levels": (Stage(6, 1), Stage(12, 1, 2))}, "self-attention, which cannot become wider"),
    ],
)
def test_other_shapes_do_not_begin_with_a_checkpoint(tmp_path, change, message):
    with pytest.raises(DataError, match=message):
        grown(load_checkpoint(checkpoint(tmp_path, TINY)), replace(TINY, **change))
