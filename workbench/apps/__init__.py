"""What people open: REST, the Voila apps and JupyterLab, on one list of handlers."""
