import type { OutboxRow } from './outbox_row';

/** What somebody waits for: that the broker has a message, that its recipient has it, or that it was seen there. */
export type WaitGoal = 'handed' | 'stored' | 'seen';

/** Whether it has come so far, or never will. */
export function isOver(goal: WaitGoal, { status, stored_at, seen_at }: Pick<OutboxRow, 'status' | 'stored_at' | 'seen_at'>): boolean {
  if (status === 'dead' || status === 'aborted') return true;
  // A receipt may come before the broker's answer to the message itself.
  return status === 'done' && (goal === 'handed' || (goal === 'stored' ? stored_at : seen_at) !== null);
}
