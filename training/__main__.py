"""``python -m training``: train, evaluate and export the networks of picgui."""

import argparse
import json
import sys
from pathlib import Path

import torch

from picgui.errors import DeviceError, PicError
from picgui.pic.checkpoint import load_checkpoint
from training.config import read_config
from training.data import load_pictures
from training.evaluate import evaluate
from training.train import export, train


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 with a sentence on stderr when not."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except PicError as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("train", help="train a network")
    command.add_argument("config", type=Path, help="a TOML file, such as training/configs/photo.toml")
    _add_data(command, required=True)
    command.add_argument("--out", type=Path, required=True, help="the folder of the run")
    command.add_argument("--resume", action="store_true", help="go on with the run in --out")
    command.add_argument("--init", type=Path, help="begin with the weights of this checkpoint")
    command.add_argument("--minutes", type=float, help="stop and save after so many minutes")
    command.set_defaults(run=_train)

    command = commands.add_parser("evaluate", help="bits/dim of a checkpoint on the validation pictures")
    command.add_argument("checkpoint", type=Path)
    _add_data(command, required=True)
    command.add_argument("--limit", type=int, help="only so many pictures")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("export", help="write the averaged weights of a run as a checkpoint")
    command.add_argument("run_folder", metavar="RUN", type=Path)
    command.add_argument("-o", "--output", type=Path, required=True, help="the checkpoint's file")
    _add_data(command, required=False)
    command.set_defaults(run=_export)
    return parser


def _add_data(command: argparse.ArgumentParser, *, required: bool) -> None:
    command.add_argument(
        "--data", type=Path, nargs="+", required=required, help="folders of pictures, npz packs, or CIFAR-10"
    )
    command.add_argument("--cache", type=Path, help="where decoded pictures are kept (default: the user's cache)")
    command.add_argument("--device", choices=("cpu", "cuda"), help="default: cuda where there is one")


def _device(options: argparse.Namespace) -> str:
    if options.device == "cuda" and not torch.cuda.is_available():
        raise DeviceError("There is no CUDA device that PyTorch can use; leave --device out or say cpu.")
    return options.device or ("cuda" if torch.cuda.is_available() else "cpu")


def _train(options: argparse.Namespace) -> None:
    config = read_config(options.config)
    pictures, validation = (
        load_pictures(options.data, split=split, size=config.picture_size, cache=options.cache)
        for split in ("train", "validation")
    )
    progress = train(
        config,
        pictures=pictures,
        validation=validation,
        out=options.out,
        device=_device(options),
        resume=options.resume,
        init=options.init,
        minutes=options.minutes,
        command=("python", "-m", "training", *sys.argv[1:]),
    )
    print(f"{progress.images:,} pictures in {progress.seconds / 60:.1f} minutes; the run is in {options.out}")


def _evaluate(options: argparse.Namespace) -> None:
    checkpoint = load_checkpoint(options.checkpoint)
    size = checkpoint.metadata.get("training", {}).get("config", {}).get("picture_size", checkpoint.config.network_size)
    pictures = load_pictures(options.data, split="validation", size=size, cache=options.cache)
    device = _device(options)
    figures = evaluate(checkpoint.network().fold().to(device), pictures, device=device, limit=options.limit)
    if options.json:
        print(json.dumps(figures | {"checkpoint": checkpoint.sha256, "data": pictures.sources}))
    else:
        print(
            f"{figures['bits_per_dim']:.3f} bits/dim (standard error {figures['bits_per_dim_standard_error']:.3f}), "
            f"g^w alone {figures['bits_per_dim_embedding_only']:.3f}, "
            f"{figures['n_images']:,} pictures, {figures['chroma_rule']} chroma"
        )


def _export(options: argparse.Namespace) -> None:
    validation = None
    if options.data:
        size = read_config_size(options.run_folder)
        validation = load_pictures(options.data, split="validation", size=size, cache=options.cache)
    path, metadata = export(options.run_folder, options.output, validation=validation, device=_device(options))
    if "bits_per_dim" in metadata:
        print(f"{metadata['bits_per_dim']:.3f} bits/dim", file=sys.stderr)
    print(path)


def read_config_size(run: Path) -> int:
    """Pixels of a picture of the run in a folder."""
    from training.train import read_state

    return json.loads(read_state(run)["config"])["picture_size"]


if __name__ == "__main__":
    sys.exit(main())
