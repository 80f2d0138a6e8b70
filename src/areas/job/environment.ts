/** What a job gets of the daemon's own environment. Everything else of it may be a secret, or make a program act as another one. */
const ALLOWED = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR']);
const ALLOWED_PREFIXES = ['LC_', 'XDG_'];
export type Environment = Readonly<Record<string, string>>;

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

let own: Environment | undefined;

/** What every job inherits. Looked up once: zd's own environment stays as it was at the start, and reading all of it is dear beside a submit. */
function inherited(): Environment {
  if (own) return own;
  const env: Record<string, string> = { PATH: DEFAULT_PATH };
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && (ALLOWED.has(name) || ALLOWED_PREFIXES.some((prefix) => name.startsWith(prefix)))) env[name] = value;
  return (own = env);
}

/** The environment of one job: the allow-list, then what the caller gave, then what names the job. */
export function environmentOf(given: Environment, job: { id: number; folder: string; pty: boolean }): Record<string, string> {
  const env: Record<string, string> = { ...inherited() };
  if (job.pty) env.TERM = 'xterm-256color';
  Object.assign(env, given);
  env[FOLDER_VARIABLE] = job.folder;
  env.ZD_JOB_ID = String(job.id);
  return env;
}

/** Marks every process of a job that did not clear its environment, also those that left its session. */
export const FOLDER_VARIABLE = 'ZD_JOB_DIR';
