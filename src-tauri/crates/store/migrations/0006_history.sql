DROP INDEX uploads_published; -- history has a table of its own below
-- When the last byte was acknowledged; forgotten when it begins anew.
ALTER TABLE uploads ADD COLUMN landed_at_ms INTEGER;
-- What was sent, once all parts have landed: hashes and parts.
ALTER TABLE uploads ADD COLUMN proof TEXT CHECK (json_valid(proof));

-- Every upload that was begun and has ended or is with its platform, also when the queue knows it no more.
CREATE TABLE history (
  upload_id     INTEGER PRIMARY KEY,  -- outlives the upload, so it refers to none
  at_ms         INTEGER NOT NULL,     -- when it ended; while it is with its platform, when that took it
  account_id    INTEGER NOT NULL REFERENCES accounts (id),
  phase         TEXT    NOT NULL,
  total_bytes   INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  landed_at_ms  INTEGER,
  removed_at_ms INTEGER,              -- NULL while it is in the queue
  title         TEXT    NOT NULL,
  file_name     TEXT    NOT NULL,
  sought        TEXT    NOT NULL,     -- title, file name, link and remote id in lower case, for search
  remote        TEXT    CHECK (json_valid(remote)),
  cause         TEXT    CHECK (json_valid(cause)),
  kept          TEXT    CHECK (json_valid(kept)) -- all that the queue knew of it, once it was removed
) STRICT;
-- The walk of the list; carries what filters, counts and days ask about.
CREATE INDEX history_time ON history (at_ms DESC, upload_id DESC, account_id, phase, total_bytes);

INSERT INTO history (upload_id, at_ms, account_id, phase, total_bytes, started_at_ms, title, file_name, sought, remote, cause)
  SELECT u.id, coalesce(u.finished_at_ms, u.started_at_ms), u.account_id, u.phase, u.total_bytes, u.started_at_ms,
    m.title, m.file_name,
    m.sought || char(10) || lower(coalesce(u.remote ->> 'url', '')) || char(10) || lower(coalesce(u.remote ->> 'id', '')),
    u.remote, u.cause
  FROM uploads AS u JOIN manuscripts AS m ON m.id = u.manuscript_id
  WHERE u.started_at_ms IS NOT NULL AND u.phase IN ('processing', 'published', 'failed', 'cancelled');

CREATE TRIGGER uploads_history AFTER UPDATE OF phase ON uploads
WHEN NEW.started_at_ms IS NOT NULL AND NEW.phase IN ('processing', 'published', 'failed', 'cancelled') BEGIN
  INSERT INTO history (upload_id, at_ms, account_id, phase, total_bytes, started_at_ms, landed_at_ms, title, file_name,
      sought, remote, cause)
    SELECT NEW.id, coalesce(NEW.finished_at_ms, NEW.landed_at_ms, NEW.started_at_ms), NEW.account_id, NEW.phase,
      NEW.total_bytes, NEW.started_at_ms, NEW.landed_at_ms, m.title, m.file_name,
      m.sought || char(10) || lower(coalesce(NEW.remote ->> 'url', '')) || char(10) || lower(coalesce(NEW.remote ->> 'id', '')),
      NEW.remote, NEW.cause
    FROM manuscripts AS m WHERE m.id = NEW.manuscript_id
    ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms, phase = excluded.phase, total_bytes = excluded.total_bytes,
      started_at_ms = excluded.started_at_ms, landed_at_ms = excluded.landed_at_ms, title = excluded.title,
      file_name = excluded.file_name, sought = excluded.sought, remote = excluded.remote, cause = excluded.cause;
END;
-- Tried again: it is not history any more.
CREATE TRIGGER uploads_history_again AFTER UPDATE OF phase ON uploads
WHEN OLD.phase <> NEW.phase AND NEW.phase IN ('queued', 'opening', 'sending', 'committing') BEGIN
  DELETE FROM history WHERE upload_id = NEW.id;
END;
CREATE TRIGGER manuscripts_history AFTER UPDATE OF sought ON manuscripts BEGIN
  UPDATE history SET title = NEW.title, file_name = NEW.file_name,
      sought = NEW.sought || char(10) || lower(coalesce(remote ->> 'url', '')) || char(10) || lower(coalesce(remote ->> 'id', ''))
    WHERE upload_id IN (SELECT id FROM uploads WHERE manuscript_id = NEW.id);
END;
