/** A job's life: queued → running ⇄ paused → one of the ends, which are final. A queued job may be paused too: it is held. */
export const STATES = ['queued', 'running', 'paused', 'exited', 'failed', 'killed', 'cancelled', 'timed_out', 'interrupted', 'skipped'] as const;
export type State = (typeof STATES)[number];

const LIVE: ReadonlySet<State> = new Set(['queued', 'running', 'paused']);
export const isOver = (state: State): boolean => !LIVE.has(state);

/** Why zd itself ends a job. */
export type Stop = 'cancelled' | 'timed_out' | 'killed';

/** What is known of how a command ended. */
export type End =
  /** The shell's status: the exit code, or 128 + signal. `signalled`: the shell said that it was a signal. */
  | { readonly kind: 'status'; readonly code: number; readonly signalled: boolean }
  | { readonly kind: 'signal'; readonly signal: number }
  /** It never ran. */
  | { readonly kind: 'failed'; readonly message: string }
  /** It ended and nobody saw how. `ordered`: this very boot's zd had told it to end. */
  | { readonly kind: 'unknown'; readonly message: string; readonly ordered: boolean };

export interface Outcome {
  readonly state: State;
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly error: string | null;
}

/** A status above 128 is a signal only when something says so; a program may exit with 143 by itself. */
export function outcomeOf(end: End, stop: Stop | null): Outcome {
  switch (end.kind) {
    case 'failed':
      return { state: 'failed', exitCode: null, signal: null, error: end.message };
    case 'unknown':
      return { state: end.ordered && stop ? stop : 'interrupted', exitCode: null, signal: null, error: end.message };
    case 'signal':
      return { state: stop ?? 'killed', exitCode: 128 + end.signal, signal: end.signal, error: null };
    case 'status': {
      const { code } = end;
      const signal = code > 128 && code <= 192 && (end.signalled || stop !== null) ? code - 128 : null;
      return { state: stateOf(code, signal, stop), exitCode: code, signal, error: null };
    }
  }
}

function stateOf(code: number, signal: number | null, stop: Stop | null): State {
  if (stop === 'timed_out') return 'timed_out';
  // What still ended well when it was told to end, ended well.
  if (stop === 'cancelled' && code !== 0) return 'cancelled';
  return signal === null ? 'exited' : 'killed';
}

/** What jobs that come after it wait for. */
export const succeeded = ({ state, exitCode }: Pick<Outcome, 'state' | 'exitCode'>): boolean => state === 'exited' && exitCode === 0;

/** A failure is tried again; what a person ended, or what nobody saw end, is not. */
export function retries(outcome: Outcome, stop: Stop | null, attempt: number, allowed: number): boolean {
  if (attempt > allowed || stop === 'cancelled' || stop === 'killed') return false;
  return !succeeded(outcome) && ['exited', 'failed', 'killed', 'timed_out'].includes(outcome.state);
}

const LONGEST_BACKOFF_MS = 3_600_000;

/** The wait before the attempt after this one (from 1): twice as long each time, an hour at most. */
export const backoff = (base: number, attempt: number): number => Math.min(base * 2 ** Math.min(attempt - 1, 40), LONGEST_BACKOFF_MS);

/** Signals a person may send, and their numbers on this system. */
export const SIGNALS = ['TERM', 'KILL', 'INT', 'QUIT', 'HUP', 'STOP', 'CONT', 'USR1', 'USR2'] as const;
export type Signal = (typeof SIGNALS)[number];

/** `TERM`, `term`, `SIGTERM`; null for anything else. */
export function parseSignal(text: string): Signal | null {
  const name = text.startsWith('SIG') ? text.slice(3) : text.toUpperCase();
  return (SIGNALS as readonly string[]).includes(name) ? (name as Signal) : null;
}
