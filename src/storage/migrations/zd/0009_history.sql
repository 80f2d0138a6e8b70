-- What was run. A text is kept once, however often it was run. Times are milliseconds since the epoch.
CREATE TABLE history_line (
  -- Never given again: what is held in memory of a line that is gone must not mean another one.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- 53 bits of a hash of the line; an index over the lines themselves would hold every text twice.
  hash INTEGER NOT NULL,
  line TEXT NOT NULL,
  uses INTEGER NOT NULL,
  -- The place of its newest use.
  last_pos INTEGER NOT NULL,
  -- Frecency as the time in milliseconds at which one single use would weigh as much: its order does not change as time passes.
  rank REAL NOT NULL
) STRICT;
CREATE INDEX history_line_by_hash ON history_line (hash);
CREATE INDEX history_line_by_last ON history_line (last_pos);
CREATE INDEX history_line_by_uses ON history_line (uses);

CREATE TABLE history (
  -- Time in milliseconds times 1024, and a number that tells those of one millisecond apart: the order of rows is the order of time.
  pos INTEGER PRIMARY KEY,
  id INTEGER NOT NULL UNIQUE,
  line_id INTEGER NOT NULL REFERENCES history_line (id),
  exit_code INTEGER,
  cwd TEXT,
  duration_ms INTEGER,
  sessid TEXT,
  hostname TEXT,
  shell_id INTEGER
) STRICT;
CREATE INDEX history_by_line ON history (line_id, pos);
CREATE INDEX history_by_cwd ON history (cwd, pos) WHERE cwd IS NOT NULL;
CREATE INDEX history_by_session ON history (sessid, pos) WHERE sessid IS NOT NULL;
CREATE INDEX history_by_shell ON history (shell_id, pos) WHERE shell_id IS NOT NULL;

CREATE TABLE history_total (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  entries INTEGER NOT NULL,
  -- The id the next entry gets: one of a deleted entry is never given again.
  next_id INTEGER NOT NULL,
  -- Secrets that were taken out, and lines that were left out, since the first start.
  redacted INTEGER NOT NULL,
  ignored INTEGER NOT NULL
) STRICT;
INSERT INTO history_total VALUES (1, 0, 1, 0, 0);

CREATE VIEW history_text (pos, line) AS SELECT history.pos, history_line.line FROM history JOIN history_line ON history_line.id = history.line_id;
CREATE VIRTUAL TABLE history_fts USING fts5 (line, content = 'history_text', content_rowid = 'pos');
-- A deleted line leaves no word of it in the index.
INSERT INTO history_fts (history_fts, rank) VALUES ('secure-delete', 1);
