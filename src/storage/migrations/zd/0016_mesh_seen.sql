-- How many recipients a message had and how many have seen it, and since when all have; null while nothing is known.
ALTER TABLE mesh_outbox ADD COLUMN recipients INTEGER;
ALTER TABLE mesh_outbox ADD COLUMN seen_by INTEGER;
ALTER TABLE mesh_outbox ADD COLUMN seen_at INTEGER;

-- What was seen here and its sender's broker has not confirmed to know. A row stays until it has, or nobody could be told any more.
CREATE TABLE mesh_seen_report (
  seq INTEGER PRIMARY KEY,
  mesh TEXT NOT NULL,
  broker_message_id TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  UNIQUE (mesh, broker_message_id)
) STRICT;
