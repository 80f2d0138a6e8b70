import { inherited, type Environment } from '../../kernel/environment';

/** The environment of one job: the allow-list, then what the caller gave, then what names the job. */
export function environmentOf(
  own: Readonly<Record<string, string | undefined>>,
  given: Environment,
  job: { id: number; folder: string; pty: boolean },
) {
  const env: Record<string, string> = inherited(own);
  if (job.pty) env.TERM = 'xterm-256color';
  Object.assign(env, given);
  env[FOLDER_VARIABLE] = job.folder;
  env.ZD_JOB_ID = String(job.id);
  return env;
}

/** Marks every process of a job that did not clear its environment, also those that left its session. */
export const FOLDER_VARIABLE = 'ZD_JOB_DIR';
