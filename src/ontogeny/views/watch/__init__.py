"""The live page: the runs of a folder, and each of them as it grows."""
