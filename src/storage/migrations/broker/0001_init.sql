-- A mesh is who signs its invitations and who is in it. Times are milliseconds since the Unix epoch throughout.
CREATE TABLE mesh (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL,
  owner_pubkey TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (owner_pubkey, slug)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
  id TEXT PRIMARY KEY,
  mesh_id TEXT NOT NULL REFERENCES mesh (id),
  pubkey TEXT NOT NULL,
  display_name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  joined_at INTEGER NOT NULL,
  revoked_at INTEGER,
  UNIQUE (mesh_id, pubkey)
) STRICT, WITHOUT ROWID;

CREATE TABLE invite (
  id TEXT PRIMARY KEY,
  mesh_id TEXT NOT NULL REFERENCES mesh (id),
  version INTEGER NOT NULL CHECK (version IN (1, 2)),
  -- What a joiner names it by, as a digest: sha256 of a link's token (version 1) or of the code (version 2).
  lookup TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
  expires_at INTEGER NOT NULL,
  max_uses INTEGER NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0,
  revoked_at INTEGER,
  signature TEXT NOT NULL,
  -- The mesh's root key under a key that only the link holds; JSON {nonce, ciphertext}. Version 2 only.
  sealed_root_key TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys that messages can be for: members, and sessions that a member vouched for.
CREATE TABLE endpoint (
  mesh_id TEXT NOT NULL,
  pubkey TEXT NOT NULL,
  member_id TEXT NOT NULL REFERENCES member (id),
  kind TEXT NOT NULL CHECK (kind IN ('member', 'session')),
  display_name TEXT NOT NULL,
  groups TEXT NOT NULL DEFAULT '[]',
  summary TEXT,
  last_seen_at INTEGER NOT NULL,
  PRIMARY KEY (mesh_id, pubkey)
) STRICT, WITHOUT ROWID;

-- Hellos of the last minutes: the same one does not open a second link.
CREATE TABLE hello_seen (
  signature TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE topic (
  id TEXT PRIMARY KEY,
  mesh_id TEXT NOT NULL REFERENCES mesh (id),
  name TEXT NOT NULL,
  description TEXT,
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'private', 'dm')),
  created_at INTEGER NOT NULL,
  UNIQUE (mesh_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE topic_member (
  topic_id TEXT NOT NULL REFERENCES topic (id),
  member_id TEXT NOT NULL REFERENCES member (id),
  role TEXT NOT NULL CHECK (role IN ('lead', 'member', 'observer')),
  last_read_at INTEGER,
  PRIMARY KEY (topic_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  mesh_id TEXT NOT NULL,
  topic_id TEXT,
  sender_member_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  priority TEXT NOT NULL CHECK (priority IN ('now', 'next', 'low')),
  -- Recipients who have not acknowledged it.
  open INTEGER NOT NULL,
  -- The push as every recipient gets it, JSON; empty once all have it and no topic keeps it.
  frame TEXT NOT NULL
) STRICT;
CREATE INDEX message_topic ON message (topic_id, seq) WHERE topic_id IS NOT NULL;
CREATE INDEX message_expiry ON message (expires_at);
-- A topic keeps its history for longer than a post waits for its readers.
CREATE INDEX message_late ON message (created_at) WHERE topic_id IS NOT NULL AND open > 0;

CREATE TABLE delivery (
  seq INTEGER NOT NULL REFERENCES message (seq) ON DELETE CASCADE,
  recipient TEXT NOT NULL,
  mesh_id TEXT NOT NULL,
  delivered_at INTEGER,
  PRIMARY KEY (seq, recipient)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_open ON delivery (mesh_id, recipient, seq) WHERE delivered_at IS NULL;

-- Ids of senders that were taken: the same id is answered as before and never delivered twice.
CREATE TABLE client_message_dedupe (
  mesh_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  client_message_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  topic_id TEXT,
  fingerprint TEXT,
  -- sha256 of what was sent, for senders that bring no fingerprint.
  content TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (mesh_id, member_id, client_message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedupe_expiry ON client_message_dedupe (expires_at);

CREATE TABLE state (
  mesh_id TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  updated_by TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (mesh_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE memory (
  id TEXT PRIMARY KEY,
  mesh_id TEXT NOT NULL,
  content TEXT NOT NULL,
  tags TEXT NOT NULL,
  member_id TEXT NOT NULL,
  remembered_by TEXT NOT NULL,
  remembered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_mesh ON memory (mesh_id, remembered_at);

CREATE TABLE skill (
  mesh_id TEXT NOT NULL,
  name TEXT NOT NULL,
  member_id TEXT NOT NULL,
  author TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- JSON: description, instructions, tags, manifest.
  content TEXT NOT NULL,
  PRIMARY KEY (mesh_id, name)
) STRICT, WITHOUT ROWID;
