"""SQLite connections: one writer, many readers, migrations."""
