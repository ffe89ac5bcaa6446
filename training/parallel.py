"""Several processes that train one network, as torchrun starts them; without torchrun, the only one."""

import gc
import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from picgui.errors import DeviceError


@dataclass(frozen=True)
class World:
    """The processes of a run. Each takes its share of every batch; the first one writes."""

    rank: int = 0
    size: int = 1
    restarts: int = 0  # times that torchrun has started all processes anew
    launcher: int | None = None  # the process of torchrun that did; the same for all restarts

    @classmethod
    def join(cls, device: torch.device) -> "World":
        """The world that torchrun's environment describes; waits until all its processes are there."""
        if "TORCHELASTIC_RESTART_COUNT" not in os.environ:
            return cls()
        started = {"restarts": int(os.environ["TORCHELASTIC_RESTART_COUNT"]), "launcher": os.getppid()}
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls(**started)
        if device.type == "cuda":
            dist.init_process_group("nccl", device_id=device)
        else:
            dist.init_process_group("gloo")
        return cls(dist.get_rank(), dist.get_world_size(), **started)

    @staticmethod
    def is_first_of_machine() -> bool:
        """Whether no other process on this machine does what need be done there only once."""
        return int(os.environ.get("LOCAL_RANK", "0")) == 0

    @staticmethod
    def choose_card() -> None:
        """Let this process use its own GPU from the beginning, where torchrun gives each one. Raises DeviceError where there are too few."""
        place, cards = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
        if cards:
            if place >= cards:
                raise DeviceError(f"torchrun started more processes on this machine than it has graphics cards, {cards}.")
            torch.cuda.set_device(place)

    @staticmethod
    def local_device(name: str) -> torch.device:
        """This process's device of a kind: of several GPUs each process has its own."""
        return torch.device("cuda", torch.cuda.current_device()) if name == "cuda" else torch.device(name)

    def leave(self) -> None:
        """The end of the common work; waits until all processes are there, as the first one still validates and saves."""
        if self.size > 1:
            dist.barrier()
            gc.collect()  # what is left of DistributedDataParallel holds the group, and the group's threads must end before the interpreter does
            dist.destroy_process_group()

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    def share(self, batch: Tensor) -> Tensor:
        """This process's part of a batch (N, ...); N is a multiple of the number of processes."""
        return batch if self.size == 1 else batch[self.rank :: self.size]

    def sum(self, value: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.size > 1:
            value = value.clone()
            dist.all_reduce(value)
        return value

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether it holds in any process: a decision that all take together."""
        if self.size == 1:
            return flag
        return bool(self.sum(torch.tensor(float(flag), device=device)) > 0)
