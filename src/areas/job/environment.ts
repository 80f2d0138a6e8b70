import { inherited, type Environment } from '../../kernel/environment';

let own: Readonly<ReturnType<typeof inherited>> | undefined;

/** What every job gets. Looked up once: zd's own environment stays as it was at the start, and reading all of it is dear beside a submit. */
export const allowed = () => (own ??= inherited(process.env));

/** The environment of one job: the allow-list, then what the caller gave, then what names the job. */
export function environmentOf(given: Environment, job: { id: number; folder: string; pty: boolean }) {
  const env: Record<string, string> = { ...allowed() };
  if (job.pty) env.TERM = 'xterm-256color';
  Object.assign(env, given);
  env[FOLDER_VARIABLE] = job.folder;
  env[ID_VARIABLE] = String(job.id);
  return env;
}

/** Marks every process of a job that did not clear its environment, also those that left its session. */
export const FOLDER_VARIABLE = 'ZD_JOB_DIR';
export const ID_VARIABLE = 'ZD_JOB_ID';
