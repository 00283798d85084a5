"""Whether two files have the same recording, even if their formats, bit rates and tags differ."""
