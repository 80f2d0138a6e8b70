-- Sessions with agents. Times are milliseconds since 1970. AUTOINCREMENT: rows of a removed session never meet those of a later one.
CREATE TABLE session (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id TEXT NOT NULL UNIQUE,
  agent TEXT NOT NULL,
  title TEXT,
  cwd TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Of its newest event.
  updated_at INTEGER NOT NULL,
  closed_at INTEGER,
  -- What the agent calls it; null until there is one, or when a new one is wanted.
  agent_session TEXT,
  -- What this session has set for itself; null: as the agent is configured.
  model TEXT,
  thinking TEXT,
  system TEXT,
  -- Events up to here are not context any more: it was cleared or compacted.
  context_seq INTEGER NOT NULL DEFAULT 0,
  -- Stands for everything up to context_seq.
  summary TEXT,
  -- Gapless numbers: of the oldest event that is kept and of the newest.
  first_seq INTEGER NOT NULL DEFAULT 1,
  last_seq INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  turns INTEGER NOT NULL DEFAULT 0,
  approvals INTEGER NOT NULL DEFAULT 0,
  -- Turns in a row that nobody asked for.
  auto_turns INTEGER NOT NULL DEFAULT 0,
  input_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  cost REAL NOT NULL DEFAULT 0,
  -- The process of the agent while there is one, so that one which outlived a crash of zd can be ended.
  agent_pid INTEGER,
  agent_start TEXT
) STRICT;
CREATE INDEX session_closed ON session (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX session_agent_process ON session (key) WHERE agent_pid IS NOT NULL;

-- What happened in it, in the one vocabulary of every viewer. data is a JSON object.
CREATE TABLE session_event (
  session INTEGER NOT NULL REFERENCES session (key) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  ts INTEGER NOT NULL,
  turn INTEGER,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;
-- A turn ends once.
CREATE UNIQUE INDEX session_turn_end ON session_event (session, turn) WHERE turn IS NOT NULL AND type IN ('done', 'error');

-- The same as the agent wrote it: its lines behind one event. Apart, because a replay does not read them.
CREATE TABLE session_raw (
  session INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  raw TEXT NOT NULL,
  PRIMARY KEY (session, seq),
  FOREIGN KEY (session, seq) REFERENCES session_event (session, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Turns that have not ended. A row that is here at a start was interrupted.
CREATE TABLE session_turn (
  session INTEGER PRIMARY KEY REFERENCES session (key) ON DELETE CASCADE,
  turn INTEGER NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('user', 'queued_auto', 'event_auto', 'compaction')),
  started_at INTEGER NOT NULL
) STRICT;

-- What waits for the end of a turn, in this order; messages before events.
CREATE TABLE session_queue (
  queue_id INTEGER PRIMARY KEY AUTOINCREMENT,
  session INTEGER NOT NULL REFERENCES session (key) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('message', 'event')),
  content TEXT NOT NULL,
  by TEXT NOT NULL,
  queued_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_queue_session ON session_queue (session, queue_id);

-- What an agent asked before it went on. Never allowed by anything but an answer.
CREATE TABLE session_approval (
  approval_id TEXT PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES session (key) ON DELETE CASCADE,
  turn INTEGER,
  state TEXT NOT NULL CHECK (state IN ('pending', 'answered', 'cancelled', 'expired')),
  -- JSON: what the agent wants to do, and what may be answered.
  tool TEXT NOT NULL,
  options TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  expires_at INTEGER,
  resolved_at INTEGER,
  option_id TEXT,
  by TEXT
) STRICT;
CREATE INDEX session_approval_session ON session_approval (session);
CREATE INDEX session_approval_pending ON session_approval (expires_at) WHERE state = 'pending';
