"""Whether two files have the same recording in them, whatever their formats, bit rates and tags are."""
