"""The Dask cluster as the session sees it."""
