"""What tests and benchmarks share: real servers on this machine, started and always stopped."""
