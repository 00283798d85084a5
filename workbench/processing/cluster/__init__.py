"""The Dask cluster of a session."""
