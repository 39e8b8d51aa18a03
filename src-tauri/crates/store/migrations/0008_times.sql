-- Not to be begun before; NULL: at once.
ALTER TABLE uploads ADD COLUMN start_at_ms INTEGER;
-- Uploads with the same number are submitted together: the first of them by id.
ALTER TABLE uploads ADD COLUMN together_id INTEGER;
-- Since when all before the public act is done; NULL before, and when it was begun anew.
ALTER TABLE uploads ADD COLUMN ready_at_ms INTEGER;
-- Since when it may be submitted whatever its group and its time say.
ALTER TABLE uploads ADD COLUMN let_go_at_ms INTEGER;
DROP INDEX uploads_runnable;
CREATE INDEX uploads_runnable ON uploads (account_id, priority DESC, position, id, phase, start_at_ms) WHERE runnable = 1;
CREATE INDEX uploads_start ON uploads (start_at_ms) WHERE start_at_ms IS NOT NULL AND phase IN ('queued', 'opening', 'sending');
CREATE INDEX uploads_together ON uploads (together_id) WHERE together_id IS NOT NULL;
CREATE INDEX uploads_ready ON uploads (ready_at_ms) WHERE ready_at_ms IS NOT NULL AND phase NOT IN ('processing', 'published', 'failed', 'cancelled');
