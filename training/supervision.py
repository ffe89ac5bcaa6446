"""A network whose coarser levels say colours of their own while they are trained (Lee et al. 2015, deeply-supervised nets)."""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from picgui.pic import mixture
from picgui.pic.layers import WeightNormConv2d
from picgui.pic.network import PIC, ModelConfig, in_full


class LevelHeads(nn.ModuleList):
    """A mixture over averaged chroma for each of g^w's levels but the finest, from the coarsest."""

    def __init__(self, config: ModelConfig):
        outputs = mixture.PARAMETERS_PER_COMPONENT * config.components
        super().__init__(WeightNormConv2d(level.channels, outputs, kernel=(1, 1), init_scale=0.1) for level in config.levels[:0:-1])

    def forward(self, levels: list[Tensor]) -> list[Tensor]:
        """Mixture parameters (N, 6 K, h', w') from what each level has on the way up, (N, C, h', w')."""
        return [in_full(head, F.elu(level)) for head, level in zip(self, levels)]

    def center_outputs(self) -> None:
        """Start the mixtures where chroma is (`mixture.center`)."""
        for head in self:
            mixture.center(head.bias)


class SupervisedPIC(PIC):
    """PIC with a head on each of g^w's levels but the finest, so that a coarse level learns what is where, and not only from what finer ones ask of it.

    The heads are for training alone: `PIC.load_state_dict` takes `without_heads` of its state.
    """

    HEAD: ClassVar[str] = "level_heads"  # what data must initialise where the rest begins with a checkpoint, as a baseline's

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        self.level_heads = LevelHeads(config)

    def forward(
        self, luminance: Tensor, chroma: Tensor, known: Tensor | None = None, strength: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """As `PIC.forward`, of pictures whose sides are multiples of the coarsest level's pixels, and then the mixture parameters of
        the coarser levels, (N, 6 K, h', w') each."""
        levels = self.embedding.levels_of(luminance, known)
        embedding = self.embedding.finished(levels[-1])
        return *self.mixtures_from(embedding, luminance, chroma, strength), *self.level_heads(levels)

    def begin_with(self, network: PIC) -> bool:
        """Take over all that a network has; False, as it has no heads."""
        self.load_state_dict(network.state_dict() | self.level_heads.state_dict(prefix=f"{self.HEAD}."))
        return False

    def center_outputs(self) -> None:
        super().center_outputs()
        self.level_heads.center_outputs()


def without_heads(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state of a network without what `SupervisedPIC` adds to it."""
    return {name: tensor for name, tensor in state.items() if not name.startswith(f"{SupervisedPIC.HEAD}.")}
