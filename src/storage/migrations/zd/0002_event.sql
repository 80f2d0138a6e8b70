-- The session a private event belongs to.
ALTER TABLE event ADD COLUMN session TEXT;
-- When an event ends, in milliseconds; NULL: with retention alone. 0: it has ended and its content is gone; the row holds its number
-- until retention passes it, so that a missing row always means an event that was lost to a reader.
ALTER TABLE event ADD COLUMN expires_at INTEGER;
CREATE INDEX event_expires ON event (expires_at) WHERE expires_at > 0;

-- What is kept of each kind, changed in the transaction that changes the events, and how far retention has removed it: every
-- event of the kind with a number up to trimmed_seq is gone; trimmed_ts is the latest time among them. The kind '' stands for the whole log.
CREATE TABLE event_kind (
  kind TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  trimmed_seq INTEGER NOT NULL,
  trimmed_ts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO event_kind
  SELECT kind, count(*), sum(octet_length(data) + octet_length(topic) + octet_length(kind || scope || source) + 40), 0, 0 FROM event GROUP BY kind;
INSERT INTO event_kind SELECT '', 0, 0, min(seq) - 1, min(ts) FROM event WHERE true HAVING min(seq) > 1;

-- Numbers whose events a crash took, found at a start.
CREATE TABLE event_lost (
  first INTEGER PRIMARY KEY,
  last INTEGER NOT NULL,
  found_at INTEGER NOT NULL
) STRICT;

-- What publishers called their events, for as long as a repetition is recognised.
CREATE TABLE event_key (
  publisher TEXT NOT NULL,
  key TEXT NOT NULL,
  seq INTEGER NOT NULL,
  ts INTEGER NOT NULL,
  UNIQUE (publisher, key)
) STRICT;
CREATE INDEX event_key_ts ON event_key (ts);
