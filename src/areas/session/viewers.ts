import type { SessionEvent } from './event';

export interface QueueLimits {
  readonly events: number;
  readonly bytes: number;
}

/** One who follows a session live: a bounded queue. What does not fit is forgotten here, since the store has it. */
export class Viewer {
  private queue: SessionEvent[] = [];
  private bytes = 0;
  private wakeUp: (() => void) | null = null;
  /** It fell behind: the newest event it was not given. */
  missed: number | null = null;
  /** Why no more will come. */
  end: 'removed' | 'shutdown' | null = null;

  push(events: readonly SessionEvent[], limits: QueueLimits): void {
    for (const event of events) {
      if (this.missed === null && this.queue.length > 0 && (this.queue.length >= limits.events || this.bytes + event.json.length > limits.bytes)) {
        this.queue = [];
        this.bytes = 0;
        this.missed = event.seq;
      }
      if (this.missed !== null) this.missed = event.seq;
      else {
        this.queue.push(event);
        this.bytes += event.json.length;
      }
    }
    this.wake();
  }

  /** Everything that waits. */
  take(): SessionEvent[] {
    const { queue } = this;
    this.queue = [];
    this.bytes = 0;
    return queue;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = resolve;
    });
  }

  wake(): void {
    const { wakeUp } = this;
    this.wakeUp = null;
    wakeUp?.();
  }
}

/** Who follows which session. */
export class Viewers {
  private readonly bySession = new Map<string, Set<Viewer>>();

  constructor(private readonly limits: () => QueueLimits) {}

  add(session: string, viewer: Viewer): () => void {
    let viewers = this.bySession.get(session);
    if (!viewers) this.bySession.set(session, (viewers = new Set()));
    const all = viewers;
    all.add(viewer);
    return () => {
      all.delete(viewer);
      if (all.size === 0 && this.bySession.get(session) === all) this.bySession.delete(session);
    };
  }

  readonly deliver = (session: string, events: readonly SessionEvent[]): void => {
    const viewers = this.bySession.get(session);
    if (!viewers) return;
    const limits = this.limits();
    for (const viewer of viewers) viewer.push(events, limits);
  };

  /** How many follow a session, or all together. */
  count(session?: string): number {
    if (session !== undefined) return this.bySession.get(session)?.size ?? 0;
    return [...this.bySession.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Nothing more will come: of one session, or of any. */
  end(why: 'removed' | 'shutdown', session?: string): void {
    for (const [each, viewers] of this.bySession) {
      if (session !== undefined && session !== each) continue;
      for (const viewer of viewers) {
        viewer.end = why;
        viewer.wake();
      }
    }
  }
}
