"""``wb.media``: send playlists to media servers, pull ratings and plays, and answer requests for similar songs."""
