"""Watch folders: analyze new and changed files when they are complete, and mark missing files after a delay."""
