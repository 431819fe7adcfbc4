"""The directory target: a tree of rendered manifests, ready to be committed to a Git branch."""

from reconciler.targets.directory.target import DirectoryTarget

__all__ = ["DirectoryTarget"]
