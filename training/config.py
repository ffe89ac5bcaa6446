"""Training configurations: one TOML file says everything that a run needs but for its data."""

import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from picgui.errors import DataError
from picgui.pic.network import CONFIGS, ModelConfig
from training.augment import Augmentation
from training.baselines import OBJECTIVES


@dataclass(frozen=True)
class TrainingStage:
    """Some pictures at one size and one batch size; the learning rate goes from ``rate`` to ``end_rate``."""

    images: int  # pictures seen, counted with repetition
    batch: int
    size: int  # pixels, of the network's input
    rate: float
    end_rate: float
    decay: str = "geometric"  # how the rate goes: "geometric", or "linear", which may end at 0
    halved: float = 0.0  # of the batches, the share that is at half that size


@dataclass(frozen=True)
class TrainingConfig:
    """A whole training run."""

    model: ModelConfig
    picture_size: int  # pixels; what is cropped from
    stages: tuple[TrainingStage, ...]
    augmentation: Augmentation
    seed: int = 0
    optimizer: str = "adam"  # or "muon"; see `training.optimizer`
    radians_per_rate: float = 10.0  # of Muon: how far kernels turn
    momentum: float = 0.95  # of Muon
    betas: tuple[float, float] = (0.95, 0.9995)
    epsilon: float = 1e-6
    average_decay: float = 0.999
    auxiliary_weight: float = 1.0
    level_weight: float = 0.0  # of each of the heads that g^w's coarser levels have while they are trained; see `training.supervision`
    pixel_cnn_every: int = 1  # pictures of which f reads one; the others train g^w alone
    clip_gradient_norm: float = 1.0
    warm_up_steps: int = 200
    validation_images: int = 200
    objective: str = "likelihood"  # or that of a baseline; see `training.baselines`
    held: tuple[str, ...] = ()  # patterns of parameters that stay as they are: "pixel_cnn.*" is f, "*.v" all but gains and biases
    source: dict = field(default_factory=dict, compare=False)  # the TOML as it was read

    @property
    def images(self) -> int:
        """Pictures of all stages together."""
        return sum(stage.images for stage in self.stages)


def read_config(path: str | Path) -> TrainingConfig:
    """Read a TOML file. Raises DataError where it is missing, malformed, or says what cannot be."""
    try:
        with open(path, "rb") as stream:
            source = tomllib.load(stream)
    except OSError as error:
        raise DataError(f"The configuration {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"The configuration {path} is not valid TOML: {error}.") from error
    try:
        config = parse_config(source)
        _refuse_without_effect(config)
        return config
    except (TypeError, ValueError, KeyError) as error:
        raise DataError(f"The configuration {path} does not work: {error}.") from error


def parse_config(source: dict) -> TrainingConfig:
    """A configuration from its TOML tables; raises TypeError, ValueError or KeyError."""
    values = dict(source)
    model, stages = values.pop("model", None), values.pop("stage", None)
    if not isinstance(model, dict) or "name" not in model:
        raise ValueError(f"it needs a table [model] with a name, one of {', '.join(CONFIGS)}")
    if not isinstance(stages, list) or not stages or not all(isinstance(stage, dict) for stage in stages):
        raise ValueError("it needs at least one table [[stage]], in double brackets")
    model = dict(model)
    name = model.pop("name")
    if name not in CONFIGS:
        raise ValueError(f"there is no model {name!r}; there are {', '.join(CONFIGS)}")
    stages = tuple(TrainingStage(**stage) for stage in stages)
    config = TrainingConfig(
        model=ModelConfig.from_dict(CONFIGS[name].to_dict() | model),
        stages=stages,
        augmentation=Augmentation(**values.pop("augmentation", {})),
        source=source,
        **{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()},
    )
    whole = config.model.network_size
    for name in ("seed", "warm_up_steps", "validation_images", "picture_size", "pixel_cnn_every"):
        value, least = getattr(config, name), 0 if name in ("seed", "warm_up_steps") else 1
        if type(value) is not int or value < least:
            raise ValueError(f"{name} is {value!r}; it must be a whole number from {least} on")
    for name, most in {"average_decay": 1, "auxiliary_weight": math.inf, "level_weight": math.inf, "epsilon": math.inf}.items():
        value = getattr(config, name)
        if not _is_number(value) or not 0 <= value <= most or value == math.inf:
            raise ValueError(f"{name} is {value!r}; it must be a number from 0 {'on' if most == math.inf else 'to 1'}")
    if not _is_number(config.clip_gradient_norm) or not config.clip_gradient_norm > 0:
        raise ValueError(f"clip_gradient_norm is {config.clip_gradient_norm!r}; it must be a number above 0; inf clips nothing")
    if config.optimizer not in ("adam", "muon"):
        raise ValueError(f"there is no optimizer {config.optimizer!r}; there are adam and muon")
    if not _is_number(config.radians_per_rate) or not 0 < config.radians_per_rate < math.inf:
        raise ValueError(f"radians_per_rate is {config.radians_per_rate!r}; it must be a number above 0")
    if not _is_number(config.momentum) or not 0 <= config.momentum < 1:
        raise ValueError(f"momentum is {config.momentum!r}; it must be a number from 0 to below 1")
    if not isinstance(config.betas, tuple) or len(config.betas) != 2 or not all(_is_number(b) and 0 <= b < 1 for b in config.betas):
        raise ValueError(f"betas are {config.betas!r}; they must be two numbers from 0 to below 1")
    if not isinstance(config.held, tuple) or not all(isinstance(pattern, str) for pattern in config.held):
        raise ValueError(f"held is {config.held!r}; it must be a list of patterns")
    if config.seed >= 2**63:
        raise ValueError(f"seed is {config.seed}; it must be below 2^63")
    shares = vars(config.augmentation)
    for name, share in shares.items():
        if not _is_number(share) or not 0 <= share <= 1:
            raise ValueError(f"{name} is {share!r}; it must be a number from 0 to 1")
    if shares["known_dabs"] + shares["known_surroundings"] > 1:
        raise ValueError("known_dabs and known_surroundings are of different pictures: together they may be 1 at most")
    for stage in stages:
        if type(stage.images) is not int or type(stage.batch) is not int or stage.batch > stage.images:
            raise ValueError("a stage needs whole numbers of images and batch, and no more in a batch than images in all")
        if stage.batch % config.pixel_cnn_every:
            raise ValueError(f"a batch of {stage.batch} has no whole number of pictures for f, which reads one in {config.pixel_cnn_every} (pixel_cnn_every)")
        if stage.size not in (whole, whole / 2):
            raise ValueError(f"a stage has size {stage.size}; it must be {whole} or half of it")
        if not _is_number(stage.halved) or not 0 <= stage.halved <= 1 or (stage.halved and stage.size < whole):
            raise ValueError(f"a stage has halved {stage.halved}; it must be from 0 to 1, and 0 where the stage is at half size")
        smallest = whole // 2 if stage.halved else int(stage.size)
        multiple = config.model.chroma_scale
        if config.augmentation.known_coarse or smallest == whole:  # coarse samples begin with half of it
            multiple *= config.model.coarse_factor
        if smallest % multiple:
            raise ValueError(f"pictures of {smallest} pixels do not go with this model; they must be multiples of {multiple}")
        if config.level_weight and smallest % config.model.multiple:
            raise ValueError(f"pictures of {smallest} pixels do not go with level_weight; they must be multiples of {config.model.multiple}, of which the coarsest level has one pixel")
        for name in ("rate", "end_rate"):
            if not _is_number(value := getattr(stage, name)) or not math.isfinite(value):
                raise ValueError(f"a stage has {name} {value!r}; it must be a finite number")
        if stage.decay not in ("geometric", "linear"):
            raise ValueError(f"a stage has decay {stage.decay!r}; it must be geometric or linear")
        ends_well = stage.end_rate > 0 or (stage.decay == "linear" and stage.end_rate == 0 < stage.rate)
        if stage.images < 1 or stage.batch < 1 or not ends_well or not stage.end_rate <= stage.rate:
            raise ValueError(
                "a stage needs images and batch of at least 1, and 0 < end_rate <= rate (where decay is linear, end_rate may be 0)"
            )
    if config.augmentation.known_coarse and config.model.coarse_factor == 1:
        raise ValueError("known_coarse needs a model whose coarse_factor is above 1")
    if config.level_weight and (config.objective != "likelihood" or len(config.model.levels) < 2):
        raise ValueError("level_weight is of the likelihood, and of a g^w with coarser levels")
    if config.pixel_cnn_every > 1 and config.objective != "likelihood":
        raise ValueError("pixel_cnn_every is of f; baselines have none")
    if config.objective not in OBJECTIVES:
        raise ValueError(f"there is no objective {config.objective!r}; there are {', '.join(OBJECTIVES)}")
    if config.picture_size < config.model.network_size:
        raise ValueError(f"picture_size is {config.picture_size}, smaller than the network's {config.model.network_size}")
    return config


def _refuse_without_effect(config: TrainingConfig) -> None:
    """Raise ValueError for what a person says in vain; runs that were trained so before are taken as they are."""
    if config.objective == "likelihood" and config.model.coarse_factor > 1 and not config.augmentation.known_coarse:
        raise ValueError("a model whose coarse_factor is above 1 reads coarse colours, which it must learn: known_coarse must be above 0")
    if not config.model.known_colors and (config.augmentation.known_dabs or config.augmentation.known_surroundings):
        raise ValueError("known_dabs and known_surroundings need a model with known_colors")
    for name in ("radians_per_rate", "momentum"):
        if name in config.source and config.optimizer != "muon":
            raise ValueError(f"{name} is of muon; the optimizer is {config.optimizer}")
    if "auxiliary_weight" in config.source and config.objective != "likelihood":
        raise ValueError("auxiliary_weight is of the likelihood; baselines have no auxiliary head")


def _is_number(value: object) -> bool:
    return type(value) in (int, float)
