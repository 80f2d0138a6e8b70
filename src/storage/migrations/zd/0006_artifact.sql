-- One row per content. Who refers to it is always asked of `artifact`, never counted.
CREATE TABLE artifact_blob (
  digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
  bytes INTEGER NOT NULL,
  -- How the file holds it, and what it takes there.
  encoding TEXT NOT NULL CHECK (encoding IN ('identity', 'zstd')),
  stored_bytes INTEGER NOT NULL,
  -- When this content was last put, in milliseconds.
  written_at INTEGER NOT NULL,
  -- Set while the file is in quarantine; a put of the same content clears it.
  corrupt_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact (
  name TEXT PRIMARY KEY,
  -- What stands before the first slash of the name; empty without one.
  ns TEXT NOT NULL,
  digest TEXT NOT NULL REFERENCES artifact_blob (digest),
  type TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_get_at INTEGER,
  -- The later of the last put and the last get.
  used_at INTEGER NOT NULL,
  pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_digest ON artifact (digest, used_at, pinned);
CREATE INDEX artifact_ns ON artifact (ns, digest);
