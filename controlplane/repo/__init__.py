"""What Git says at one revision: snapshots, places in files, semantic changes."""
