"""Who signs: the port, and the signer that keeps its key in a file."""
