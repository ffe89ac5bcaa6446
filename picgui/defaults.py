"""What a person gets who chooses nothing, in the window and on the command line alike."""

TEMPERATURE = 0.7  # calmer than the model's own 1: skin stays skin more often, and samples still differ
SAMPLES = 4
