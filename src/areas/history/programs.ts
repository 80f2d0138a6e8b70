import type { Clock } from '../../kernel/clock';

/** A program that is installed is seen after this long at the latest. */
const FRESH_MS = 5000;
const MOST = 4096;

/** Which programs there are, looked up once in a while: a line is highlighted at every key. */
export class Programs {
  private readonly known = new Map<string, boolean>();
  private since = -Infinity;

  constructor(private readonly clock: Clock) {}

  runs(name: string, path: string): boolean {
    const now = this.clock.monotonic();
    if (now - this.since > FRESH_MS || this.known.size > MOST) {
      this.known.clear();
      this.since = now;
    }
    const key = `${path}\0${name}`;
    let found = this.known.get(key);
    if (found === undefined) this.known.set(key, (found = Bun.which(name, { PATH: path }) !== null));
    return found;
  }
}
