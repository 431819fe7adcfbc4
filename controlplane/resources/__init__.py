"""The vocabulary: one frozen model per kind, and nothing that touches the outside."""
