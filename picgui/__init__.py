"""Probabilistic image colorization: many believable colour versions of one grey photograph."""

__version__ = "0.1.0"
