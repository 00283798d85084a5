"""Reports: run notebooks and convert them to one file to read, now or every week."""
