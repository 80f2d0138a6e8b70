/** Numbers that only grow; 0: there is none. */
export interface Known {
  readonly checkpoint: number;
  readonly generation: number;
  readonly memory: number;
}

export interface ContextCheck {
  /** What the agent says it has; what it does not say is not compared. */
  readonly has: { readonly [Name in keyof Known]?: number | undefined };
  readonly is: Known;
  /** Whether the session is one somebody works on; null when the agent names none. */
  readonly live: boolean | null;
  readonly used: number | null;
  readonly window: number | null;
}

export type Reason = 'new_checkpoint' | 'taken_over' | 'memory_changed' | 'session_not_active' | 'window_nearly_full';

/** Of the window: beyond it the agent should compact and begin anew before the limit does it for it. */
export const NEARLY_FULL = 0.8;

/** Why an agent should read its context anew; none: it is up to date. */
export function refreshReasons({ has, is, live, used, window }: ContextCheck): Reason[] {
  const reasons: Reason[] = [];
  const behind = (name: keyof Known) => has[name] !== undefined && has[name] < is[name];
  if (behind('checkpoint')) reasons.push('new_checkpoint');
  if (behind('generation')) reasons.push('taken_over');
  if (behind('memory')) reasons.push('memory_changed');
  if (live === false) reasons.push('session_not_active');
  if (used !== null && window !== null && used >= window * NEARLY_FULL) reasons.push('window_nearly_full');
  return reasons;
}
