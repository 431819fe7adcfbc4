"""What a program asks over HTTP: parse → operation → render."""
