"""The command line: one module for each group of commands; they call the session."""
