-- The latest event of a topic that was published to be retained: kept until it is cleared, whatever retention takes from the log.
CREATE TABLE event_retained (
  seq INTEGER PRIMARY KEY,
  ts INTEGER NOT NULL,
  kind TEXT NOT NULL,
  scope TEXT NOT NULL,
  topic TEXT NOT NULL,
  source TEXT NOT NULL,
  -- The session a private event belongs to; '' for a public one.
  session TEXT NOT NULL,
  data TEXT NOT NULL,
  expires_at INTEGER,
  -- Further scopes it is found under, one per line.
  also TEXT,
  UNIQUE (scope, topic, session)
) STRICT;
CREATE INDEX event_retained_expires ON event_retained (expires_at) WHERE expires_at IS NOT NULL;

-- Where named readers are: what stands up to the event with this id and number was acknowledged. Attempts are the streams that began there since.
CREATE TABLE event_cursor (
  keeper TEXT NOT NULL,
  name TEXT NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  moved_at INTEGER NOT NULL,
  PRIMARY KEY (keeper, name)
) STRICT, WITHOUT ROWID;
