-- Who has seen a message, and what its sender is still to be told of it.
ALTER TABLE message ADD COLUMN client_message_id TEXT;
ALTER TABLE delivery ADD COLUMN seen_at INTEGER;

-- One row for each message whose sender does not know how many have seen it; it stays until the sender has said that it does.
CREATE TABLE receipt (
  seq INTEGER PRIMARY KEY REFERENCES message (seq) ON DELETE CASCADE,
  mesh_id TEXT NOT NULL,
  -- The sender.
  member_id TEXT NOT NULL,
  -- Recipients who have seen it.
  seen INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX receipt_sender ON receipt (mesh_id, member_id, seq);
