"""Clients for media servers that play the music: read their songs, and store playlists on them."""
