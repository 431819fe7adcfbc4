"""What a reconciler remembers between passes: runs, intents, results, and who is at work where."""
