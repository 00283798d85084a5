"""The server process: start, service, JupyterLab."""
