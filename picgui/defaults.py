"""What a person gets who chooses nothing, in the window and on the command line alike."""

TEMPERATURE = 0.75  # calmer than the model's own 1: skin stays skin more often, and samples still differ
CANDIDATES = 8  # coarse samples, of which each sample begins with the one that the photograph suggests most and that is not far from the others
MAX_CANDIDATES = 64
SAMPLES = 4
