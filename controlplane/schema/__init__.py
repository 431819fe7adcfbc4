"""JSON Schemas that people write: a pack's for its input, a rule's for its parameters."""
