"""Tags in files: what is planned, how a file is changed so that nothing is lost, and how it is changed back."""
