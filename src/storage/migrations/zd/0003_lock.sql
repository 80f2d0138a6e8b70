-- Every grant of a lock that has not ended. Who waits is known in memory only: a waiter is an open request.
CREATE TABLE lock_holder (
  fence INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  token TEXT NOT NULL,
  owner TEXT,
  shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
  slots INTEGER,
  -- The process it ends with: the pid and when that process began.
  pid INTEGER,
  pid_start TEXT,
  ttl_ms INTEGER,
  acquired_at INTEGER NOT NULL,
  expires_at INTEGER,
  waited_ms INTEGER NOT NULL,
  CHECK (pid IS NOT NULL OR ttl_ms IS NOT NULL),
  CHECK ((ttl_ms IS NULL) = (expires_at IS NULL))
) STRICT;

-- Above every fencing number ever given, also those whose row is gone. It is raised ahead in steps.
CREATE TABLE lock_fence (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  ceiling INTEGER NOT NULL
) STRICT;
INSERT INTO lock_fence VALUES (1, 0);
