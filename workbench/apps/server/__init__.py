"""The server process: its start, its service, and JupyterLab."""
