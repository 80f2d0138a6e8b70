import type { OutboxRow } from './outbox_row';

/** What somebody waits for: that the broker has a message, or that its recipient has. */
export type WaitGoal = 'handed' | 'stored';

/** Whether it has come so far, or never will. */
export const isOver = (goal: WaitGoal, row: Pick<OutboxRow, 'status' | 'stored_at'>): boolean =>
  row.status === 'dead' || row.status === 'aborted' || (goal === 'handed' ? row.status === 'done' : row.stored_at !== null);
