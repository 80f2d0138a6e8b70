/** What a job gets of the daemon's own environment. Everything else of it may be a secret, or make a program act as another one. */
const ALLOWED = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR']);
const ALLOWED_PREFIXES = ['LC_', 'XDG_'];
export type Environment = Readonly<Record<string, string>>;

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/** The environment of one job: the allow-list, then what the caller gave, then what names the job. */
export function environmentOf(
  own: Readonly<Record<string, string | undefined>>,
  given: Environment,
  job: { id: number; folder: string; pty: boolean },
) {
  const env: Record<string, string> = { PATH: DEFAULT_PATH };
  for (const [name, value] of Object.entries(own))
    if (value !== undefined && (ALLOWED.has(name) || ALLOWED_PREFIXES.some((prefix) => name.startsWith(prefix)))) env[name] = value;
  if (job.pty) env.TERM = 'xterm-256color';
  Object.assign(env, given);
  env[FOLDER_VARIABLE] = job.folder;
  env.ZD_JOB_ID = String(job.id);
  return env;
}

/** Marks every process of a job that did not clear its environment, also those that left its session. */
export const FOLDER_VARIABLE = 'ZD_JOB_DIR';
