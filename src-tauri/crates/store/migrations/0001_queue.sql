-- A signed-in identity on one platform. A removed one stays as a row, so that history can name it.
CREATE TABLE accounts (
  id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: a stale click must not hit another account
  platform      TEXT    NOT NULL,
  label         TEXT    NOT NULL,
  settings      TEXT    NOT NULL CHECK (json_valid(settings)),
  health        TEXT    NOT NULL CHECK (json_valid(health)),
  created_at_ms INTEGER NOT NULL,
  removed_at_ms INTEGER                            -- NULL while it is in use
) STRICT;
CREATE UNIQUE INDEX accounts_label ON accounts (label) WHERE removed_at_ms IS NULL;

-- What the creator wants published.
CREATE TABLE manuscripts (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  file_path     BLOB    NOT NULL,                  -- the system's own bytes: a path need not be UTF-8
  file_name     TEXT    NOT NULL,                  -- for display
  title         TEXT    NOT NULL,                  -- for display: the title field, or the file's name
  sought        TEXT    NOT NULL,                  -- title and file name in lower case, for search
  size_bytes    INTEGER NOT NULL CHECK (size_bytes >= 0),
  mtime_ns      INTEGER NOT NULL,
  file_id       TEXT    NOT NULL,
  sample        TEXT    NOT NULL,
  cover_path    BLOB,
  created_at_ms INTEGER NOT NULL,
  fields        TEXT    NOT NULL CHECK (json_valid(fields))
) STRICT;
CREATE INDEX manuscripts_sought ON manuscripts (sought);
CREATE INDEX manuscripts_content ON manuscripts (sample, size_bytes);

-- One manuscript on its way to one account.
CREATE TABLE uploads (
  id             INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: a stale click must not hit another upload
  manuscript_id  INTEGER NOT NULL REFERENCES manuscripts (id) ON DELETE CASCADE,
  account_id     INTEGER NOT NULL REFERENCES accounts (id),
  position       REAL    NOT NULL,                  -- queue order; a move writes one row
  phase          TEXT    NOT NULL CHECK (phase IN
    ('queued', 'opening', 'sending', 'committing', 'processing', 'published', 'failed', 'cancelled')),
  intent         TEXT    NOT NULL CHECK (intent IN ('run', 'hold')),
  attempt        INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0), -- only grows; fences off the past
  tries          INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
  priority       INTEGER NOT NULL DEFAULT 0,        -- higher runs first
  key            TEXT    NOT NULL UNIQUE,           -- chosen before anything is sent, fixed for life
  total_bytes    INTEGER NOT NULL CHECK (total_bytes >= 0),
  held_bytes     INTEGER NOT NULL DEFAULT 0 CHECK (held_bytes BETWEEN 0 AND total_bytes),
  sent_bytes     INTEGER NOT NULL DEFAULT 0 CHECK (sent_bytes >= 0),   -- that went into sockets, over its life
  resent_bytes   INTEGER NOT NULL DEFAULT 0 CHECK (resent_bytes >= 0), -- of these, more than once
  created_at_ms  INTEGER NOT NULL,
  started_at_ms  INTEGER,
  finished_at_ms INTEGER,
  -- Where the list shows it; a held submission goes on, so it is not waiting.
  shelf          TEXT GENERATED ALWAYS AS (CASE
    WHEN phase = 'queued' THEN 'waiting'
    WHEN phase IN ('opening', 'sending') AND intent = 'hold' THEN 'waiting'
    WHEN phase IN ('opening', 'sending', 'committing') THEN 'running'
    WHEN phase = 'processing' THEN 'platform'
    WHEN phase = 'published' THEN 'done'
    ELSE phase END) VIRTUAL,
  -- Whether it may be given work: holding does not stop a submission or the platform's own work.
  runnable       INTEGER GENERATED ALWAYS AS (CASE
    WHEN phase IN ('committing', 'processing') THEN 1
    WHEN phase IN ('queued', 'opening', 'sending') AND intent = 'run' THEN 1
    ELSE 0 END) VIRTUAL,
  remote         TEXT CHECK (json_valid(remote)),
  cause          TEXT CHECK (json_valid(cause)),
  cuts           TEXT CHECK (json_valid(cuts)),     -- run-length coded; NULL until opened
  ticket_sealed  INTEGER NOT NULL DEFAULT 0 CHECK (ticket_sealed IN (0, 1)),
  ticket         BLOB                               -- the platform's own, opaque to us; NULL until opened
) STRICT;
-- The walk of the whole list; carries what filters and search ask about, so that no row is touched.
CREATE INDEX uploads_position ON uploads (position, id, account_id, phase, intent, manuscript_id);
CREATE INDEX uploads_shelf ON uploads (shelf, position);
CREATE INDEX uploads_phase ON uploads (phase, position);
CREATE INDEX uploads_account_position ON uploads (account_id, position);
CREATE INDEX uploads_account_shelf ON uploads (account_id, shelf, position);
CREATE INDEX uploads_account_phase ON uploads (account_id, phase, position);
CREATE INDEX uploads_manuscript ON uploads (manuscript_id);
CREATE INDEX uploads_runnable ON uploads (account_id, priority DESC, position, id, phase) WHERE runnable = 1;
CREATE INDEX uploads_published ON uploads (finished_at_ms, id, account_id, manuscript_id) WHERE phase = 'published';

-- How many uploads stand where, kept by triggers: a count never walks the queue.
CREATE TABLE tally (
  account_id INTEGER NOT NULL,
  phase      TEXT    NOT NULL,
  shelf      TEXT    NOT NULL,
  uploads    INTEGER NOT NULL CHECK (uploads >= 0),
  PRIMARY KEY (account_id, phase, shelf)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER uploads_tally_added AFTER INSERT ON uploads BEGIN
  INSERT INTO tally (account_id, phase, shelf, uploads) VALUES (NEW.account_id, NEW.phase, NEW.shelf, 1)
    ON CONFLICT DO UPDATE SET uploads = uploads + 1;
END;
CREATE TRIGGER uploads_tally_removed AFTER DELETE ON uploads BEGIN
  UPDATE tally SET uploads = uploads - 1
    WHERE account_id = OLD.account_id AND phase = OLD.phase AND shelf = OLD.shelf;
END;
CREATE TRIGGER uploads_tally_changed AFTER UPDATE OF phase, intent ON uploads
WHEN OLD.phase <> NEW.phase OR OLD.shelf <> NEW.shelf BEGIN
  UPDATE tally SET uploads = uploads - 1
    WHERE account_id = OLD.account_id AND phase = OLD.phase AND shelf = OLD.shelf;
  INSERT INTO tally (account_id, phase, shelf, uploads) VALUES (NEW.account_id, NEW.phase, NEW.shelf, 1)
    ON CONFLICT DO UPDATE SET uploads = uploads + 1;
END;

-- Parts that the platform acknowledged.
CREATE TABLE parts (
  upload_id INTEGER NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
  number    INTEGER NOT NULL CHECK (number >= 1),
  bytes     INTEGER NOT NULL CHECK (bytes >= 0),
  receipt   TEXT    NOT NULL CHECK (json_valid(receipt)),
  PRIMARY KEY (upload_id, number)
) STRICT, WITHOUT ROWID;

-- What happened to an upload, in order.
CREATE TABLE timeline (
  id        INTEGER PRIMARY KEY,
  upload_id INTEGER NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
  at_ms     INTEGER NOT NULL,
  event     TEXT    NOT NULL,
  params    TEXT    NOT NULL CHECK (json_valid(params))
) STRICT;
CREATE INDEX timeline_upload ON timeline (upload_id);

-- Publish once: what was, or was about to be, submitted. Outlives uploads, so it refers to none.
CREATE TABLE ledger (
  id              INTEGER PRIMARY KEY,
  upload_id       INTEGER NOT NULL,
  account_id      INTEGER NOT NULL,
  size_bytes      INTEGER NOT NULL,
  sample          TEXT    NOT NULL,
  manuscript_hash TEXT    NOT NULL,
  state           TEXT    NOT NULL CHECK (state IN ('submitting', 'published', 'withdrawn')),
  remote          TEXT    CHECK (json_valid(remote)),
  at_ms           INTEGER NOT NULL,
  published_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX ledger_open ON ledger (upload_id) WHERE state = 'submitting';
CREATE INDEX ledger_upload ON ledger (upload_id);
CREATE INDEX ledger_content ON ledger (account_id, sample, size_bytes);
CREATE INDEX ledger_times ON ledger (account_id, at_ms) WHERE state <> 'withdrawn';

-- What the engine obeys, by name; the values are the engine's business.
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The store's own notes about the file.
CREATE TABLE file_state (
  only_row  INTEGER PRIMARY KEY CHECK (only_row = 1),
  clean_end INTEGER NOT NULL CHECK (clean_end IN (0, 1))
) STRICT;
INSERT INTO file_state (only_row, clean_end) VALUES (1, 0);
