"""Run a function for many files on Dask workers: cluster, jobs, progress. It does not know features."""
