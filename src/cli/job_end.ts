import { EXIT } from '../kernel/code_info';

/** What a command that waited for a job exits with: the job's own code, 124 when its time ran out, 1 when nobody knows its code. */
export function exitOf({ state, exit_code: code }: Readonly<Record<string, unknown>>): number {
  if (state === 'timed_out') return EXIT.timeout;
  return typeof code === 'number' ? code : EXIT.failure;
}

/** Why there is no code, for a person; null when there is one or nothing is to be said. */
export function remark(id: number, { state, error }: Readonly<Record<string, unknown>>): string | null {
  if (state === 'exited' || state === 'killed') return null;
  return `zd: job ${id}: ${String(state).replace('_', ' ')}${typeof error === 'string' ? `: ${error}` : ''}`;
}
