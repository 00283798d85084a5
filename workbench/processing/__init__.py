"""Run a function for many files on Dask workers: cluster, jobs, progress. This package does not know features."""
