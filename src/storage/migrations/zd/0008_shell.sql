-- Further scopes an event is found under, one a line: the tags its shell had.
ALTER TABLE event ADD COLUMN also TEXT;

-- Shells that registered and whose process lives. Numbers are never given twice.
CREATE TABLE shell (
  shell_id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Pids are used again: a shell is its pid and when that process began.
  pid INTEGER NOT NULL UNIQUE,
  pid_start TEXT NOT NULL,
  -- SHA-256 of the key its calls bring, in hex.
  key_digest TEXT NOT NULL UNIQUE,
  tty TEXT,
  cwd TEXT,
  argv0 TEXT,
  -- JSON array, sorted.
  tags TEXT NOT NULL,
  accept_send INTEGER NOT NULL CHECK (accept_send IN (0, 1)),
  -- The signal that tells it to fetch what came for it; NULL for one that is told over its connection.
  bell TEXT,
  registered_at INTEGER NOT NULL
) STRICT;

-- What somebody asks the user of a shell. An answered or ended one stays for a while, for its asker to read.
CREATE TABLE ask_request (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  -- 0: asked from outside of any shell.
  from_shell INTEGER NOT NULL,
  target_shell INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  urgency TEXT NOT NULL,
  -- 0 critical, 1 high, 2 normal, 3 low or anything else.
  rank INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  -- NULL: never.
  expires_at INTEGER,
  state TEXT NOT NULL CHECK (state IN ('queued', 'taken', 'answered', 'cancelled', 'expired')),
  -- While it is taken: until when it is kept for the taker.
  lease_until INTEGER,
  value TEXT,
  reason TEXT,
  ended_at INTEGER
) STRICT;
CREATE INDEX ask_request_queue ON ask_request (target_shell, state, rank, number);
CREATE INDEX ask_request_expiry ON ask_request (expires_at) WHERE state IN ('queued', 'taken') AND expires_at IS NOT NULL;
CREATE INDEX ask_request_lease ON ask_request (lease_until) WHERE state = 'taken';
CREATE INDEX ask_request_ended ON ask_request (ended_at) WHERE ended_at IS NOT NULL;
