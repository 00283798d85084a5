"""The demo library: synthesized music with known tempo and key."""
