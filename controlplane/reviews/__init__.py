"""What Git servers say of a pull request: who reviewed it, and who wrote it."""
