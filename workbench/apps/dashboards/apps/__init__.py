"""One module an app: views wired to a session."""
