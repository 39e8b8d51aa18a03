-- Bytes that an account put on the wire, by quarters of an hour since 1970 UTC. The last days only.
CREATE TABLE account_sent (
  account_id INTEGER NOT NULL,
  quarter    INTEGER NOT NULL,
  bytes      INTEGER NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (account_id, quarter)
) STRICT, WITHOUT ROWID;
