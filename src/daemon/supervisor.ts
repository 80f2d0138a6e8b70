import type { Clock } from '../kernel/clock';
import type { Logger } from '../kernel/log';
import type { Part, Parts, PartStatus } from '../kernel/part';
import { Supervised, type Surroundings } from './supervised';

/** The parts of one daemon: the essential ones first, each group started in the order in which it was added; stopped in reverse. */
export class Supervisor implements Parts {
  private readonly parts = new Map<string, Supervised>();
  private readonly around: Surroundings;
  private readonly listeners: Surroundings['changed'][] = [];
  private started = false;
  private halted = false;

  constructor(clock: Clock, log: Logger, around: Partial<Surroundings> = {}) {
    const changed: Surroundings['changed'] = (status, before) => this.listeners.forEach((listener) => listener(status, before));
    this.around = { clock, log, after, random: Math.random, changed, ...around };
  }

  add(part: Part): void {
    if (this.parts.has(part.name)) throw new Error(`there is a part "${part.name}" already`);
    const one = new Supervised(part, this.around);
    this.parts.set(part.name, one);
    if (this.started) void one.begin();
  }

  /** Starts what the daemon cannot be without, and throws when one of it cannot start. */
  async startEssential(): Promise<void> {
    for (const one of [...this.parts.values()]) if (one.essential) await one.begin(true);
  }

  /** Starts all the others, which may take their time, and from here on what is added. */
  startOthers(): void {
    if (this.halted) return;
    this.started = true;
    for (const one of [...this.parts.values()]) if (!one.essential) void one.begin();
  }

  /** Calls the listener when a part breaks, meets a limit or works again. */
  onChange(listener: Surroundings['changed']): void {
    this.listeners.push(listener);
  }

  list(): readonly PartStatus[] {
    return [...this.parts.values()].map((one) => one.status());
  }

  async remove(name: string): Promise<void> {
    const one = this.parts.get(name);
    this.parts.delete(name);
    await one?.stop();
  }

  /** No part is probed or started again from here on; they still run. */
  halt(): void {
    this.halted = true;
    for (const one of this.parts.values()) one.halt();
  }

  async stop(): Promise<void> {
    this.halt();
    for (const one of [...this.parts.values()].toReversed()) await one.stop();
  }
}

function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
