-- The event log. seq is gapless: SQLite hands out the highest key + 1 inside the writer's transaction, and retention
-- always leaves the newest row, so a number is never given twice.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  ts INTEGER NOT NULL,
  kind TEXT NOT NULL,
  scope TEXT NOT NULL,
  topic TEXT NOT NULL,
  source TEXT NOT NULL,
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'private')),
  data TEXT NOT NULL,
  -- Bytes of every event from the first ever to this one: the size of any range is one subtraction.
  log_bytes INTEGER NOT NULL
) STRICT;

-- One row per start of the daemon: events from first_seq on carry its epoch in their id. A crash of the machine may take the
-- last commits with it; the numbers are then used again under another epoch, so an id never names two events.
CREATE TABLE event_epoch (
  start INTEGER PRIMARY KEY,
  first_seq INTEGER NOT NULL,
  epoch TEXT NOT NULL UNIQUE
) STRICT;
