-- Jobs. AUTOINCREMENT: a number is never given twice, also when its job has been removed. Times are milliseconds since 1970.
CREATE TABLE job (
  job_id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'exited', 'failed', 'killed', 'cancelled', 'timed_out', 'interrupted', 'skipped')),
  command TEXT NOT NULL,
  cwd TEXT NOT NULL,
  -- What the caller gave, as a JSON object. Values may be secrets: nothing shows them.
  env TEXT NOT NULL,
  tags TEXT NOT NULL,
  name TEXT,
  grp TEXT NOT NULL,
  priority INTEGER NOT NULL,
  after TEXT NOT NULL,
  -- Dependencies that have not ended yet.
  waiting INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  timeout_ms INTEGER,
  stdin BLOB,
  pty INTEGER NOT NULL,
  pty_rows INTEGER,
  pty_cols INTEGER,
  retries INTEGER NOT NULL,
  backoff_ms INTEGER NOT NULL,
  keep_output_bytes INTEGER NOT NULL,
  idempotency_key TEXT UNIQUE,
  digest TEXT,
  source TEXT NOT NULL,
  restart_of INTEGER,
  attempt INTEGER NOT NULL,
  -- Counts every start that was decided on, so the files of one start never meet those of another.
  launch INTEGER NOT NULL,
  boot TEXT,
  pid INTEGER,
  pid_start TEXT,
  -- Why zd is ending it; committed before the first signal.
  stop TEXT CHECK (stop IN ('cancelled', 'timed_out', 'killed')),
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  exit_code INTEGER,
  signal INTEGER,
  error TEXT,
  leftovers TEXT,
  stdout_bytes INTEGER NOT NULL DEFAULT 0,
  stderr_bytes INTEGER NOT NULL DEFAULT 0,
  stdout_dropped INTEGER NOT NULL DEFAULT 0,
  stderr_dropped INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX job_ready ON job (grp, priority DESC, job_id) WHERE state = 'queued' AND waiting = 0;
CREATE INDEX job_later ON job (not_before) WHERE state = 'queued' AND waiting = 0 AND not_before > 0;
CREATE INDEX job_by_state ON job (state, job_id);
CREATE INDEX job_by_group ON job (grp, job_id);

CREATE TABLE job_tag (
  tag TEXT NOT NULL,
  job_id INTEGER NOT NULL REFERENCES job (job_id) ON DELETE CASCADE,
  PRIMARY KEY (tag, job_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_tag_job ON job_tag (job_id);

-- Jobs that wait for another one; a row goes when that one has ended.
CREATE TABLE job_after (
  dependency INTEGER NOT NULL,
  job_id INTEGER NOT NULL REFERENCES job (job_id) ON DELETE CASCADE,
  PRIMARY KEY (dependency, job_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_after_job ON job_after (job_id);

-- parallel null: the setting holds.
CREATE TABLE job_group (
  name TEXT PRIMARY KEY,
  parallel INTEGER,
  paused INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
