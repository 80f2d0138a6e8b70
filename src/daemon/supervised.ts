import type { Clock } from '../kernel/clock';
import { failpoint } from '../kernel/failpoint';
import type { Logger } from '../kernel/log';
import { backoffMs, type Part, type PartState, type PartStatus } from '../kernel/part';

const PROBE_EVERY_MS = 5000;
/** How long a start or a probe may take. */
const PATIENCE_MS = 5000;
/** A probe without an answer may be the machine's fault, so a part is broken only when it happens this often in a row. */
const LATE_PROBES = 3;
/** Failures in a row after which nobody should hope that it heals by itself. */
const MANY_FAILURES = 5;
/** Well for this long, a part starts counting its failures anew. */
const STABLE_MS = 60_000;

/** Runs something later, once; returns how to call that off. */
export type After = (ms: number, run: () => void) => () => void;

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Logger;
  readonly after: After;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Told when a part breaks, meets a limit or works again; not of the starts in between. */
  readonly changed: (status: PartStatus, before: PartState) => void;
}

class Late extends Error {}

/** One part under supervision: started, probed, and started again with growing pauses for as long as it is broken. */
export class Supervised {
  private state: PartState = 'starting';
  private since: number;
  private restarts = 0;
  private note: string | null = null;
  private lastError: string | null = null;
  /** In a row. */
  private failures = 0;
  private lateProbes = 0;
  private wellSince: number | null = null;
  private ended = false;
  /** What was told last. That it works is what everybody expects of it. */
  private told: PartState = 'ok';
  private wake: (() => void) | undefined;

  constructor(
    private readonly part: Part,
    private readonly around: Surroundings,
  ) {
    this.since = around.clock.now();
  }

  get essential(): boolean {
    return this.part.essential ?? false;
  }

  status(): PartStatus {
    const { state, since, restarts, note, lastError: last_error } = this;
    return { name: this.part.name, state, since, restarts, note, last_error };
  }

  /** Resolves when the first start is over. With `needed` it throws what that threw, and the part stays as it is. */
  async begin(needed = false): Promise<void> {
    const fault: Fault = {};
    const started = await this.attempt(fault);
    if (!started && needed) {
      this.ended = true;
      throw fault.error;
    }
    void this.live(fault);
  }

  /** From here on it is neither probed nor started again. */
  halt(): void {
    this.ended = true;
    this.wake?.();
  }

  async stop(): Promise<void> {
    this.halt();
    await this.end();
    this.enter('stopped');
  }

  private async live(first: Fault): Promise<void> {
    let fault = first;
    while (!this.ended) {
      if (!('error' in fault)) await this.watch(fault);
      if (this.ended) break;
      const pause = this.broke(fault.error);
      await this.end();
      await this.pause(pause);
      if (this.ended) break;
      this.restarts++;
      fault = {};
      await this.attempt(fault);
    }
  }

  private async attempt(fault: Fault): Promise<boolean> {
    this.enter('starting');
    this.lateProbes = 0;
    this.wellSince = null;
    const failed = (error: unknown): void => {
      if ('error' in fault) return;
      fault.error = error;
      this.wake?.();
    };
    try {
      await this.bounded(() => this.part.start(failed), 'the start');
    } catch (error) {
      failed(error);
    }
    // Whoever stopped the part meanwhile did not wait for this start.
    if (this.ended) await this.end();
    return !('error' in fault);
  }

  /** Probes until something is wrong; that is then in `fault`. */
  private async watch(fault: Fault): Promise<void> {
    while (!this.ended && !('error' in fault)) {
      try {
        const note = await this.look();
        if (this.ended || 'error' in fault) return;
        this.well(note);
      } catch (error) {
        if (!('error' in fault)) fault.error = error;
        return;
      }
      await this.pause(this.part.probeMs ?? PROBE_EVERY_MS);
      failpoint('supervised.again');
    }
  }

  private async look(): Promise<string | null> {
    try {
      const note = await this.bounded(() => this.part.probe(), 'a probe');
      this.lateProbes = 0;
      return note;
    } catch (error) {
      if (!(error instanceof Late) || ++this.lateProbes >= LATE_PROBES) throw error;
      return error.message;
    }
  }

  private well(note: string | null): void {
    const { clock, log } = this.around;
    const state = note === null ? 'ok' : 'degraded';
    if (note !== null && note !== this.note) log.warn('part degraded', { part: this.part.name, note });
    else if (this.state === 'starting' && this.restarts > 0) log.info('part works again', { part: this.part.name, restarts: this.restarts });
    this.enter(state, note);
    this.wellSince ??= clock.monotonic();
    if (clock.monotonic() - this.wellSince >= STABLE_MS) this.failures = 0;
  }

  /** Notes a failure; says how long to wait before the next start. */
  private broke(error: unknown): number {
    this.failures++;
    this.lastError = error instanceof Error ? error.message : String(error);
    const pause = backoffMs(this.failures, this.around.random());
    const hopeless = this.failures >= MANY_FAILURES;
    this.enter(hopeless ? 'failed' : 'backing_off');
    this.around.log[hopeless ? 'error' : 'warn']('part failed', {
      part: this.part.name,
      error,
      failures: this.failures,
      again_in_ms: Math.round(pause),
    });
    return pause;
  }

  private async end(): Promise<void> {
    try {
      await this.bounded(() => this.part.stop(), 'the stop');
    } catch (error) {
      this.around.log.warn('part did not stop well', { part: this.part.name, error });
    }
  }

  private enter(state: PartState, note: string | null = null): void {
    if (state !== this.state) this.since = this.around.clock.now();
    this.state = state;
    this.note = note;
    if (state === 'starting' || state === 'stopped' || state === this.told) return;
    const before = this.told;
    this.told = state;
    this.around.changed(this.status(), before);
  }

  /** Ends early when the part says that it is broken, and when it shall end. */
  private async pause(ms: number): Promise<void> {
    if (this.ended) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.around.after(ms, resolve);
    this.wake = resolve;
    await promise;
    this.wake = undefined;
    cancel();
  }

  private async bounded<T>(run: () => T | Promise<T>, what: string): Promise<T> {
    const result = run();
    if (!(result instanceof Promise)) return result;
    const late = Promise.withResolvers<never>();
    const cancel = this.around.after(PATIENCE_MS, () => late.reject(new Late(`${what} has had no answer for ${PATIENCE_MS / 1000} s`)));
    try {
      return await Promise.race([result, late.promise]);
    } finally {
      cancel();
    }
  }
}

/** Empty while all is well. */
interface Fault {
  error?: unknown;
}
