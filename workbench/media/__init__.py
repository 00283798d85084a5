"""Media servers that play the music: what they know of it, and playlists stored on them."""
