-- One list of what waits for the user: a tool call the policy holds back, and what the agent of a session asks leave for. Of the latter,
-- session_approval names the question in its session, which has the options.
CREATE TABLE runtime_approval_new (
  approval_id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('tool_call', 'permission')),
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'allowed', 'denied', 'expired', 'used', 'cancelled')),
  tool TEXT NOT NULL,
  command TEXT,
  arguments TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  session_id TEXT,
  session_approval TEXT,
  profile TEXT,
  reason TEXT,
  requested_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  answered_at INTEGER,
  answered_by TEXT,
  note TEXT,
  used_at INTEGER,
  CHECK (state <> 'pending' OR answered_at IS NULL),
  CHECK ((kind = 'permission') = (session_approval IS NOT NULL))
) STRICT;
INSERT INTO runtime_approval_new
  SELECT approval_id, 'tool_call', fingerprint, state, tool, command, arguments, asked_by, session_id, NULL, profile, reason,
    requested_at, expires_at, answered_at, answered_by, note, used_at
  FROM runtime_approval;
DROP TABLE runtime_approval;
ALTER TABLE runtime_approval_new RENAME TO runtime_approval;
CREATE INDEX runtime_approval_open ON runtime_approval (fingerprint, approval_id) WHERE state IN ('pending', 'allowed', 'denied');
CREATE INDEX runtime_approval_due ON runtime_approval (expires_at) WHERE state IN ('pending', 'allowed') AND kind = 'tool_call';
CREATE INDEX runtime_approval_by_state ON runtime_approval (state, approval_id);
