"""``wb.media``: playlists sent to media servers, what servers know of the music, and answers to their questions."""
