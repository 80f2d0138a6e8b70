-- Times are milliseconds since the Unix epoch. `value` stands last so that reading the other columns never walks
-- the overflow pages of a large value.
CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  ns TEXT NOT NULL,
  key TEXT NOT NULL,
  type INTEGER NOT NULL,       -- 0 text, 1 JSON text, 2 binary
  bytes INTEGER NOT NULL,      -- of the value alone
  version INTEGER NOT NULL,    -- the tick of the last write
  used INTEGER NOT NULL,       -- a lower bound of the tick of the last use
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER,
  value ANY NOT NULL,
  UNIQUE (ns, key)
) STRICT;
CREATE INDEX entry_expires ON entry (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX entry_used ON entry (ns, used);

-- Kept in the transaction that changes the entries. The row '' holds the counters of namespaces that are gone.
CREATE TABLE ns_total (
  ns TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL DEFAULT 0,
  entries INTEGER NOT NULL DEFAULT 0,
  hits INTEGER NOT NULL DEFAULT 0,
  misses INTEGER NOT NULL DEFAULT 0,
  evictions INTEGER NOT NULL DEFAULT 0,
  expired INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX ns_total_empty ON ns_total (ns) WHERE entries = 0;

-- No tick above `reserved` was ever given out.
CREATE TABLE tick (reserved INTEGER NOT NULL) STRICT;
INSERT INTO tick VALUES (0);
