"""The tests of the three packages; what they share is in `support`, `fakes` and `conformance`."""
