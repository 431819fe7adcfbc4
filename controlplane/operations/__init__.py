"""The verbs: each composes what lies below into one answer. No parsing of YAML, no formatting."""
