"""What a person types: one module per command, parse → operation → render."""
