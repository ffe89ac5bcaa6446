"""What a person gets who chooses nothing, in the window and on the command line alike."""

TEMPERATURE = 0.85  # calmer than the model's own 1: skin stays skin more often, and samples still differ
CANDIDATES = 4  # coarse samples, of which each sample goes on with the one that the photograph suggests most and that is not far from what g^w expects
MAX_CANDIDATES = 64
SAMPLES = 4
