"""In how many threads PyTorch computes, which each calling thread has for itself."""

from contextlib import contextmanager

import torch

CORES = torch.get_num_threads()  # PyTorch's own choice for this machine


def use_threads(number: int = 0) -> None:
    """Let PyTorch compute in so many threads from the calling one on; 0 for as many as there are cores."""
    torch.get_num_threads()  # a thread that first asks later takes the number that any thread set last, and forgets its own
    torch.set_num_threads(number or CORES)


def use_one_thread() -> None:
    """Let PyTorch compute in the calling thread alone: for many small pieces of work, more threads wait more than they work."""
    use_threads(1)


@contextmanager
def using_threads(number: int):
    """While entered, PyTorch computes in so many threads from the calling one on."""
    before = torch.get_num_threads()
    use_threads(number)
    try:
        yield
    finally:
        use_threads(before)
