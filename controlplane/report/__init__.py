"""Results in the forms that people, CI and code hosts read. Nothing here decides or does I/O."""
