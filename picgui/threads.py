"""In how many threads PyTorch computes, which each calling thread has for itself."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from threading import Barrier, Lock
from typing import TypeVar

import torch

_Item, _Result = TypeVar("_Item"), TypeVar("_Result")

CORES = torch.get_num_threads()  # PyTorch's own choice for this machine
_beginning = Lock()  # held while threads begin: what one of them sets is for a moment what any new thread of the program takes


def use_threads(number: int = 0) -> None:
    """Let PyTorch compute in so many threads from the calling one on; 0 for as many as there are cores."""
    torch.get_num_threads()  # a thread that first asks later takes the number that any thread set last, and forgets its own
    torch.set_num_threads(number or CORES)


def use_one_thread() -> None:
    """Let PyTorch compute in the calling thread alone: for many small pieces of work, more threads wait more than they work."""
    use_threads(1)


def give_way() -> None:
    """Let threads that show something go before the calling one and those that it begins, where threads have priorities of their own."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.nice(5)


@contextmanager
def using_threads(number: int):
    """While entered, PyTorch computes in so many threads from the calling one on."""
    before = torch.get_num_threads()
    use_threads(number)
    try:
        yield
    finally:
        use_threads(before)


@contextmanager
def one_thread_each(number: int) -> Iterator[list[ThreadPoolExecutor]]:
    """So many executors of one thread, in each of which PyTorch computes in that one alone; on leaving, what waits for them is not begun."""
    with ExitStack() as stack:
        threads = []
        for _ in range(number):
            threads.append(_single_threaded(1))
            stack.callback(threads[-1].shutdown, cancel_futures=True)
        yield threads


def side_by_side(function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """``function`` of each item, each computed in one thread, as many items at a time as PyTorch has threads.

    The last bits of what PyTorch computes may depend on how many threads share the work; computed so, they depend on no setting.
    """
    with _single_threaded(min(len(items), number_of_threads())) as threads:
        return list(threads.map(function, items))


def number_of_threads() -> int:
    """In how many PyTorch computes from the calling one on. A thread that has not used PyTorch yet should ask here first."""
    with _beginning:
        return torch.get_num_threads()


def _single_threaded(number: int) -> ThreadPoolExecutor:
    """So many threads in each of which PyTorch computes in that one alone."""
    threads, all_there = ThreadPoolExecutor(number, initializer=use_one_thread), Barrier(number)
    with _beginning:
        before = torch.get_num_threads()
        try:
            for begun in [threads.submit(all_there.wait) for _ in range(number)]:
                begun.result()
        except BaseException:  # the system has no further thread: those that wait for it must not wait for ever
            all_there.abort()
            threads.shutdown(cancel_futures=True)
            raise
        finally:
            use_threads(before)  # a thread's number is also that of all threads yet to come
    return threads
