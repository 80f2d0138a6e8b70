import type { Clock } from '../../kernel/clock';
import { isAlive } from '../../kernel/process';
import { Alarm } from '../../kernel/alarm';
import type { Lane } from './lane';
import type { Holder } from './model';

/** How often the processes behind a lock are looked at while somebody waits for it, and while nobody does. */
const CONTENDED_MS = 100;
const QUIET_MS = 2000;
/** Up to so many processes are looked at whenever somebody meets a taken lock, so a dead holder never costs even one refusal. */
const FEW = 16;

const NONE: ReadonlySet<number> = new Set();

/**
 * Notices that the process of a holder has ended. The system tells nobody but the parent, so it has to be asked: at each contention,
 * and on a timer that runs only while some lock is bound to a process.
 */
export class Prober {
  private readonly alarm: Alarm;

  constructor(
    private readonly clock: Clock,
    private readonly lanes: ReadonlyMap<string, Lane>,
    look: (lane: Lane) => void,
  ) {
    this.alarm = new Alarm(clock, () => {
      const now = clock.monotonic();
      for (const lane of [...this.lanes.values()]) {
        const due = this.dueAt(lane);
        if (due <= now) look(lane);
        else this.alarm.by(due);
      }
    });
  }

  /** The grants whose process is gone, if it is time to look. */
  dead(lane: Lane, holders: readonly Holder[], contended: boolean): ReadonlySet<number> {
    const bound = holders.filter(({ process }) => process !== null);
    if (bound.length === 0) return NONE;
    const now = this.clock.monotonic();
    const always = contended && bound.length <= FEW;
    if (!always && now < lane.probedAt + (contended ? CONTENDED_MS : QUIET_MS)) return NONE;
    lane.probedAt = now;
    const gone = bound.filter(({ process }) => !isAlive(process!));
    return gone.length === 0 ? NONE : new Set(gone.map(({ fence }) => fence));
  }

  /** Sees to it that this lock is looked at in time. A grant that is new was alive a moment ago. */
  watch(lane: Lane): void {
    if (!isBound(lane)) return;
    const now = this.clock.monotonic();
    if (lane.probedAt === -Infinity) lane.probedAt = now;
    this.alarm.by(Math.max(now, this.dueAt(lane)));
  }

  stop(): void {
    this.alarm.stop();
  }

  private dueAt(lane: Lane): number {
    if (!isBound(lane)) return Infinity;
    return lane.probedAt + (lane.state.queue.length > 0 ? CONTENDED_MS : QUIET_MS);
  }
}

const isBound = ({ state }: Lane): boolean => state.holders.some(({ process }) => process !== null);
