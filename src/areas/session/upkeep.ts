import { periodic } from '../../kernel/periodic';
import type { SessionDeps } from './deps';
import type { SessionRef } from './row';

const EVERY_MS = 5000;
/** Closed sessions that are removed in one round. */
const REMOVED = 100;

/** Retention: sessions over their size lose their oldest events, closed ones go after a while. */
export class Upkeep {
  readonly part = periodic('session_retention', EVERY_MS, () => this.round());
  private stopped = false;

  constructor(
    private readonly deps: SessionDeps,
    private readonly drop: (id: string) => Promise<void>,
  ) {}

  stop(): void {
    this.stopped = true;
  }

  private async round(): Promise<void> {
    const { table, limits, clock } = this.deps;
    for (const row of table.over(limits().maxBytes, REMOVED)) await this.shorten(row);
    for (const { session_id } of table.closedBefore(clock.now() - limits().keepClosedMs, REMOVED)) {
      if (this.stopped) return;
      await this.drop(session_id);
    }
  }

  /** Removes the oldest events until the rest fits, in pieces; the newest stays. */
  private async shorten(ref: SessionRef): Promise<void> {
    const { db, table, journal, limits } = this.deps;
    for (let more = true; more && !this.stopped;) {
      more = await db.write(() => {
        const row = table.at(ref.key);
        return row !== null && row.bytes > limits().maxBytes && journal.trim(row, row.last_seq);
      }, 'normal');
    }
  }

  /** Removes every event, in pieces, so that the removal of a long session holds nobody up. */
  async empty(ref: SessionRef): Promise<void> {
    const { db, journal } = this.deps;
    while (await db.write(() => journal.trim(ref, Number.MAX_SAFE_INTEGER), 'normal'));
  }
}
