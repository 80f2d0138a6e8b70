-- Every message that was accepted for sending. A row is never deleted, so that a key that was used is never free again: what is wiped is its content.
CREATE TABLE mesh_outbox (
  -- The order in which messages were accepted, and are sent. The id of a row is made of it.
  seq INTEGER PRIMARY KEY,
  client_message_id TEXT NOT NULL UNIQUE,
  request_fingerprint BLOB NOT NULL,
  envelope_version INTEGER NOT NULL,
  mesh TEXT NOT NULL,
  destination_kind TEXT NOT NULL,
  destination_ref TEXT NOT NULL,
  -- Whom the broker gives it to, settled when it was accepted.
  target_spec TEXT NOT NULL,
  -- Null: it goes out as the member; else over this session's own link.
  sender_session_pubkey TEXT,
  priority TEXT NOT NULL CHECK (priority IN ('now', 'next', 'low')),
  -- Canonical JSON.
  meta TEXT,
  reply_to_id TEXT,
  -- Null once it is wiped.
  payload TEXT,
  payload_bytes INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'inflight', 'done', 'dead', 'aborted')),
  attempts INTEGER NOT NULL DEFAULT 0,
  enqueued_at INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  last_error TEXT,
  delivered_at INTEGER,
  broker_message_id TEXT,
  history_id TEXT,
  -- When every recipient's daemon had it.
  stored_at INTEGER,
  aborted_at INTEGER,
  aborted_by TEXT,
  superseded_by TEXT
) STRICT;
-- What is due, in the order in which it is sent. Nearly all rows are done, and in none of these: a message that is accepted touches few of them.
CREATE INDEX mesh_outbox_due ON mesh_outbox (mesh, next_attempt_at, seq) WHERE status = 'pending';
CREATE INDEX mesh_outbox_inflight ON mesh_outbox (mesh, next_attempt_at) WHERE status = 'inflight';
CREATE INDEX mesh_outbox_ended ON mesh_outbox (status, mesh, seq) WHERE status IN ('dead', 'aborted');

-- Every message that arrived, once per sender and key.
CREATE TABLE mesh_inbox (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  mesh TEXT NOT NULL,
  sender_pubkey TEXT NOT NULL,
  client_message_id TEXT NOT NULL,
  broker_message_id TEXT,
  sender_member_pubkey TEXT,
  sender_name TEXT NOT NULL,
  topic TEXT,
  priority TEXT NOT NULL,
  subtype TEXT,
  reply_to_id TEXT,
  meta TEXT,
  -- Null when it could not be opened: nothing that is not authenticated is ever shown as a sealed message.
  body TEXT,
  undecryptable INTEGER NOT NULL DEFAULT 0 CHECK (undecryptable IN (0, 1)),
  -- Whether the sender signed target, id and priority, and the signature holds.
  signed INTEGER NOT NULL DEFAULT 0 CHECK (signed IN (0, 1)),
  created_at TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  seen_at INTEGER,
  UNIQUE (mesh, sender_pubkey, client_message_id)
) STRICT;
CREATE INDEX mesh_inbox_received ON mesh_inbox (received_at);
CREATE INDEX mesh_inbox_unseen ON mesh_inbox (mesh, seq) WHERE seen_at IS NULL;

-- By whose links a message came: a session sees what came for it, and what came for its member.
CREATE TABLE mesh_inbox_recipient (
  inbox_seq INTEGER NOT NULL REFERENCES mesh_inbox (seq) ON DELETE CASCADE,
  recipient_pubkey TEXT NOT NULL,
  recipient_kind TEXT NOT NULL CHECK (recipient_kind IN ('member', 'session')),
  PRIMARY KEY (inbox_seq, recipient_pubkey)
) STRICT, WITHOUT ROWID;
-- Without it a message that is deleted, or expires, would come again with its next copy.
CREATE TABLE mesh_inbox_gone (
  mesh TEXT NOT NULL,
  sender_pubkey TEXT NOT NULL,
  client_message_id TEXT NOT NULL,
  gone_at INTEGER NOT NULL,
  PRIMARY KEY (mesh, sender_pubkey, client_message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mesh_inbox_gone_at ON mesh_inbox_gone (gone_at);

-- What was asked of a mesh while its broker was away, said again at every hello.
CREATE TABLE mesh_wish (
  mesh TEXT NOT NULL,
  what TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (mesh, what)
) STRICT, WITHOUT ROWID;
