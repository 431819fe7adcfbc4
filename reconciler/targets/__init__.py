"""The target port and its adapters, one module or package per kind of target."""
