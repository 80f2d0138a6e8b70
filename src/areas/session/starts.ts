import type { AgentSpec } from './agent';
import { AgentFault } from './driver';

/** So many failures in a row cost nothing; then the next start waits, twice as long each time. */
const FREE = 3;
const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/** Agents that fail to start again and again are left alone for a while. By what is configured: a change of it begins anew. */
export class Starts {
  private readonly failures = new WeakMap<AgentSpec, { readonly count: number; readonly until: number }>();

  constructor(private readonly now: () => number) {}

  /** On the clock this was made with; null when it may be started now. */
  notBefore(spec: AgentSpec): number | null {
    const { until } = this.failures.get(spec) ?? { until: 0 };
    return until > this.now() ? until : null;
  }

  /** Throws `AgentFault`. */
  admit(spec: AgentSpec): void {
    const until = this.notBefore(spec);
    if (until === null) return;
    const { count } = this.failures.get(spec)!;
    const secs = Math.ceil((until - this.now()) / 1000);
    throw new AgentFault('backing_off', `The agent failed to start ${count} times in a row; it is tried again in ${secs} s.`);
  }

  worked(spec: AgentSpec): void {
    this.failures.delete(spec);
  }

  failed(spec: AgentSpec): void {
    const count = (this.failures.get(spec)?.count ?? 0) + 1;
    const wait = count < FREE ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - FREE));
    this.failures.set(spec, { count, until: this.now() + wait });
  }
}
