"""The product measured against its peers, every figure a ratio of one run on one machine."""
