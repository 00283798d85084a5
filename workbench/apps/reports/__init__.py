"""Reports: notebooks that are run and become one file to read, now or every week."""
