-- Folders whose new videos become uploads. What is in a rule is JSON of the api's.
CREATE TABLE watches (
  id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: a stale click must not hit another folder
  path          BLOB    NOT NULL UNIQUE,           -- the system's own bytes, as in manuscripts
  mount         BLOB    NOT NULL,                  -- where its file system was mounted: what lies there without it is another folder
  rule          TEXT    NOT NULL CHECK (json_valid(rule)),
  is_on         INTEGER NOT NULL CHECK (is_on IN (0, 1)),
  switched_at_ms INTEGER NOT NULL
) STRICT;

-- Files of these that need no look any more: taken into the queue, or left out by somebody's wish.
CREATE TABLE watch_files (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  watch_id     INTEGER NOT NULL REFERENCES watches (id) ON DELETE CASCADE,
  path         BLOB    NOT NULL,                   -- beneath the folder
  size_bytes   INTEGER NOT NULL CHECK (size_bytes >= 0),
  mtime_ns     INTEGER NOT NULL,
  file_id      TEXT    NOT NULL,
  sample       TEXT,                               -- NULL for one that was left out unread
  at_ms        INTEGER NOT NULL,
  uploads      TEXT    CHECK (json_valid(uploads)), -- what was made of it; NULL for one that was left out
  -- What is to become of it: nothing; something once all its uploads are proven, or now; done; or it stays where it is.
  afterwards   TEXT    NOT NULL CHECK (afterwards IN ('nothing', 'proof', 'due', 'done', 'stays')),
  target       BLOB,                               -- where it is being moved, written down before it is
  cause        TEXT    CHECK (json_valid(cause))   -- why it could not be done yet, or why it stays
) STRICT;
CREATE INDEX watch_files_path ON watch_files (watch_id, path);
CREATE INDEX watch_files_content ON watch_files (watch_id, size_bytes, sample);
CREATE INDEX watch_files_afterwards ON watch_files (afterwards) WHERE afterwards IN ('proof', 'due');
