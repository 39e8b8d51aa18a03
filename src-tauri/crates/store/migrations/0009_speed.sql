-- Its own speed cap, in bytes per second; NULL: none.
ALTER TABLE uploads ADD COLUMN limit_bytes_per_second INTEGER CHECK (limit_bytes_per_second > 0);
-- Bytes that went over a network, or over one of a class, by quarters of an hour since 1970 UTC. The last days only.
CREATE TABLE network_sent (
  network TEXT    NOT NULL,
  quarter INTEGER NOT NULL,
  bytes   INTEGER NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (network, quarter)
) STRICT, WITHOUT ROWID;
