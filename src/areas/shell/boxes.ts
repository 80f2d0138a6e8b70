import type { Clock } from '../../kernel/clock';
import { isAlive } from '../../kernel/process';
import type { Parcel, Shell } from './service';

/** Parcels that may wait for one shell. */
const MAX_PARCELS = 100;

interface Kept {
  readonly parcel: Parcel;
  /** Monotonic. What is not fetched by then is never run: nobody expects a command hours later. */
  readonly until: number;
}

/** What waits for shells that fetch. In memory: a command nobody fetched before the daemon ended is not run. */
export class Boxes {
  private readonly boxes = new Map<number, Kept[]>();

  constructor(private readonly clock: Clock) {}

  put(shell: Shell, parcel: Parcel, ttlMs: number): boolean {
    if (shell.bell === null) return false;
    const now = this.clock.monotonic();
    const kept = (this.boxes.get(shell.id) ?? []).filter(({ until }) => until > now);
    if (kept.length >= MAX_PARCELS) return false;
    this.boxes.set(shell.id, [...kept, { parcel, until: now + ttlMs }]);
    return ring(shell);
  }

  take(id: number): Parcel[] {
    const now = this.clock.monotonic();
    const kept = this.boxes.get(id) ?? [];
    this.boxes.delete(id);
    return kept.filter(({ until }) => until > now).map(({ parcel }) => parcel);
  }
}

/** The signals are ignored by whatever does not expect them, so one that reaches another program by an `exec` does no harm. */
function ring({ process: identity, bell }: Shell): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, bell!);
    return true;
  } catch {
    return false;
  }
}
