"""The demo library: synthesized music whose tempo and key are known."""
