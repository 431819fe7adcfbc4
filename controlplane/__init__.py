"""The vocabulary, the gate and the entry points: declares, decides and talks to people."""
