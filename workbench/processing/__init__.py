"""Many files through one function on Dask workers: the cluster, jobs, progress. Knows nothing of features."""
