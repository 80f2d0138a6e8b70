-- What the shells of this machine define. A record is identified by its shell, kind and name.
CREATE TABLE definition (
  id INTEGER PRIMARY KEY,
  shell_id TEXT NOT NULL,
  -- The number of the kind, which is its place among the kinds. Never given to another one.
  kind INTEGER NOT NULL,
  -- The place in its list, for kinds that are lists; 0 for the others.
  ord INTEGER NOT NULL,
  name TEXT NOT NULL,
  -- NULL: withheld, because it is sensitive.
  value TEXT,
  -- 1: value is JSON text, 0: it is the text itself.
  json INTEGER NOT NULL CHECK (json IN (0, 1)),
  -- JSON: the elements of an array, the pairs of an association.
  value_array TEXT,
  value_assoc TEXT,
  attrs INTEGER NOT NULL,
  file TEXT,
  line INTEGER,
  fn_chain TEXT,
  -- JSON: every definition of the name in the order of capture, the last is the current one. NULL: none is known; '=': only the current one.
  history TEXT,
  order_idx INTEGER,
  ts_ns INTEGER,
  -- Milliseconds.
  set_at INTEGER NOT NULL,
  set_by_shell INTEGER
) STRICT;
CREATE UNIQUE INDEX definition_place ON definition (kind, ord, name, shell_id);
CREATE INDEX definition_shell ON definition (shell_id, kind, ord, name);

-- How many records there are, changed in the transaction that changes them.
CREATE TABLE definition_count (
  shell_id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  PRIMARY KEY (shell_id, kind)
) STRICT, WITHOUT ROWID;

-- The newest bundle of each shell.
CREATE TABLE definition_bundle (
  shell_id TEXT PRIMARY KEY,
  -- Nanoseconds; the end of the capture is also the generation.
  started_at_ns INTEGER NOT NULL,
  finished_at_ns INTEGER NOT NULL,
  cmdline TEXT,
  zdotdir TEXT,
  home TEXT,
  events INTEGER NOT NULL,
  -- Milliseconds.
  ingested_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
