import { ZdError } from '../../kernel/error';
import type { JobService } from '../job/service';
import type { JobPort } from './service';

/** What a job that is replaced by a later one gets between TERM and KILL. */
const GRACE_MS = 5000;

/** The job area as schedules see it: a job that was removed is an answer, not an error. */
export function jobPort(jobs: Pick<JobService, 'enqueue' | 'get' | 'wait' | 'cancel'>): JobPort {
  return {
    enqueue: ({ command, cwd, env, tags, name, group, timeoutSecs }) =>
      jobs.enqueue(
        {
          command,
          env,
          tags,
          ...(cwd === null ? {} : { cwd }),
          ...(name === null ? {} : { name }),
          ...(group === null ? {} : { group }),
          ...(timeoutSecs === null ? {} : { timeout_secs: timeoutSecs }),
        },
        { source: 'scheduler' },
      ).jobId,
    standing(id) {
      try {
        const { state, exit_code, finished_at } = jobs.get(id);
        return { state, exitCode: exit_code, finishedAt: finished_at };
      } catch (error) {
        if (isGone(error)) return null;
        throw error;
      }
    },
    finished: (id, signal) => unlessGone(() => jobs.wait(id, undefined, signal)),
    cancel: (id) => unlessGone(() => jobs.cancel(id, GRACE_MS)),
  };
}

async function unlessGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

const isGone = (error: unknown): boolean => error instanceof ZdError && error.code === 'no_job';
