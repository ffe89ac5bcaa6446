import picgui  # noqa: F401 - before PyTorch: it says how OpenMP waits
