"""What terminal, command line, reports and notifications say alike, in the reader's language."""
