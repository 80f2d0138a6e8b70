-- Agents' sessions of work. A lease is kept as the digest of its token; its end stands twice: on the clock of the process that wrote it
-- (deadline, which does not jump), and on the wall clock (expires_at), from which the next process works out what is left.
CREATE TABLE runtime_session (
  session_id TEXT PRIMARY KEY,
  profile TEXT NOT NULL,
  agent TEXT,
  title TEXT,
  cwd TEXT,
  state TEXT NOT NULL CHECK (state IN ('active', 'stale', 'handed_over', 'cleared')),
  generation INTEGER NOT NULL,
  lease TEXT,
  ttl_ms INTEGER NOT NULL,
  deadline INTEGER,
  expires_at INTEGER,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  CHECK ((lease IS NULL) = (state IN ('handed_over', 'cleared'))),
  CHECK ((deadline IS NULL) = (state <> 'active')),
  CHECK ((expires_at IS NULL) = (state <> 'active'))
) STRICT;
CREATE INDEX runtime_session_by_deadline ON runtime_session (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX runtime_session_by_change ON runtime_session (changed_at, session_id);

CREATE TABLE runtime_checkpoint (
  checkpoint_id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES runtime_session (session_id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('checkpoint', 'handover')),
  profile TEXT NOT NULL,
  generation INTEGER NOT NULL,
  key TEXT,
  summary TEXT,
  state TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (session_id, number),
  UNIQUE (session_id, key)
) STRICT;

-- What a profile remembers, as the newest compaction left it.
CREATE TABLE runtime_memory (
  profile TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  entries TEXT NOT NULL,
  digest TEXT NOT NULL,
  written_at INTEGER NOT NULL
) STRICT;

-- What an agent may do only when the user says so. `fingerprint` is of who asks for what: asked again, it is the same approval.
CREATE TABLE runtime_approval (
  approval_id INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'allowed', 'denied', 'expired', 'used')),
  tool TEXT NOT NULL,
  command TEXT,
  arguments TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  session_id TEXT,
  profile TEXT,
  reason TEXT,
  requested_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  answered_at INTEGER,
  answered_by TEXT,
  note TEXT,
  used_at INTEGER,
  CHECK (state <> 'pending' OR answered_at IS NULL)
) STRICT;
CREATE INDEX runtime_approval_open ON runtime_approval (fingerprint, approval_id) WHERE state IN ('pending', 'allowed', 'denied');
CREATE INDEX runtime_approval_due ON runtime_approval (expires_at) WHERE state IN ('pending', 'allowed');
CREATE INDEX runtime_approval_by_state ON runtime_approval (state, approval_id);
