-- Times are milliseconds since the epoch. Exactly one of cron_expr, every_ms and fire_at is set.
CREATE TABLE schedule (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT,
  notes TEXT,
  cron_expr TEXT,
  every_ms INTEGER,
  -- Where an interval counts from.
  anchor_at INTEGER,
  fire_at INTEGER,
  -- Null follows the zone of the system.
  timezone TEXT,
  command TEXT NOT NULL,
  cwd TEXT,
  env TEXT,
  tags TEXT NOT NULL,
  job_group TEXT,
  timeout_secs INTEGER,
  catch_up TEXT NOT NULL CHECK (catch_up IN ('skip', 'run_once', 'run_all')),
  catch_up_limit INTEGER NOT NULL,
  overlap TEXT NOT NULL CHECK (overlap IN ('skip', 'queue', 'allow', 'replace')),
  jitter_ms INTEGER NOT NULL,
  expires_at INTEGER,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  -- The next time by the calendar, and when it is acted on: later by the schedule's part of its jitter. Both null while disabled.
  next_at INTEGER,
  due_at INTEGER,
  -- The newest time that was acted on, by the calendar.
  last_at INTEGER,
  last_job_id INTEGER,
  -- Runs in a row whose job could not be submitted, and why the last one could not.
  failures INTEGER NOT NULL,
  last_error TEXT,
  -- Why it is over: its one time has passed, or it expired.
  ended TEXT CHECK (ended IN ('fired', 'expired')),
  ended_at INTEGER,
  created_at INTEGER NOT NULL,
  CHECK ((cron_expr IS NOT NULL) + (every_ms IS NOT NULL) + (fire_at IS NOT NULL) = 1),
  CHECK ((every_ms IS NULL) = (anchor_at IS NULL)),
  CHECK ((next_at IS NULL) = (due_at IS NULL))
) STRICT;

CREATE INDEX schedule_due ON schedule (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE schedule_run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule_id INTEGER NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
  cause TEXT NOT NULL CHECK (cause IN ('time', 'manual')),
  -- The time by the calendar, and when it was acted on.
  scheduled_at INTEGER NOT NULL,
  fired_at INTEGER NOT NULL,
  -- active: its job is queued or runs. finished: outcome, exit_code and finished_at are the job's.
  state TEXT NOT NULL CHECK (state IN ('waiting', 'active', 'finished', 'skipped', 'missed', 'refused')),
  -- How many times a `missed` row stands for.
  occurrences INTEGER NOT NULL,
  job_id INTEGER,
  outcome TEXT,
  exit_code INTEGER,
  finished_at INTEGER,
  reason TEXT
) STRICT;

CREATE INDEX schedule_run_history ON schedule_run (schedule_id, id);
CREATE INDEX schedule_run_open ON schedule_run (schedule_id, id) WHERE state IN ('waiting', 'active');
CREATE INDEX schedule_run_job ON schedule_run (job_id) WHERE state = 'active';
