import type { Caller } from '../../kernel/caller';
import type { EventRecord } from '../../kernel/context';
import { uniqueId } from '../../kernel/ids';
import type { Filter } from './filter';
import { named, pubBody, type FrameWriter } from './frames';
import type { Pattern } from './pattern';
import { isVisible, type Audience } from './visibility';

interface Subscription {
  readonly id: number;
  readonly pattern: Pattern;
  paused: boolean;
  /** Events that matched during the pause. */
  missed: number;
}

export interface SubscriptionRow {
  readonly id: number;
  readonly pattern: string;
  readonly paused: boolean;
  readonly stream_id: string;
}

const head = (ids: readonly number[]): string => `"subscription_id":${ids[0] ?? null},"subscription_ids":${JSON.stringify(ids)}`;
/** A set's `matched` text is `HEAD|PATTERNS`, two pieces of JSON that hold no `|` outside strings before the first. */
const split = (matched: string): [string, string] => [matched.slice(0, matched.indexOf('|')), matched.slice(matched.indexOf('|') + 1)];

const streamFrames = named('pub', (event, matched) => pubBody(event, ...split(matched)));
/** A socket's events lie flat in their frame, and `id` belongs to replies there. */
const socketFrames: FrameWriter = {
  sse: streamFrames.sse,
  ndjson: (event, matched) => `{"event":"match","event_id":"${event.id}",${pubBody(event, ...split(matched)).slice(1)}\n`,
};

/** The subscriptions of one stream or socket: a filter that changes while it is followed. An event that several match comes once. */
export class SubscriptionSet implements Filter {
  readonly id = uniqueId();
  readonly key = `set ${this.id}`;
  readonly frames: FrameWriter;
  private readonly held = new Map<number, Subscription>();

  constructor(
    readonly caller: Caller,
    private readonly audience: Audience,
    socket: boolean,
  ) {
    this.frames = socket ? socketFrames : streamFrames;
  }

  match(event: EventRecord): string | null {
    if (!isVisible(event, this.audience)) return null;
    const ids: number[] = [];
    const patterns: string[] = [];
    for (const each of this.held.values()) {
      if (!each.pattern.matches(event.scope, event.topic, event.also)) continue;
      if (each.paused) {
        each.missed++;
        continue;
      }
      ids.push(each.id);
      patterns.push(each.pattern.text);
    }
    return ids.length === 0 ? null : `${head(ids)}|${JSON.stringify(patterns)}`;
  }

  add(id: number, pattern: Pattern): void {
    this.held.set(id, { id, pattern, paused: false, missed: 0 });
  }

  /** Removes the one with an id, or all with a pattern; says how many. */
  remove(id: number | null, pattern: string | null): number {
    const gone = [...this.held.values()].filter((each) => (id === null ? each.pattern.text === pattern : each.id === id));
    for (const each of gone) this.held.delete(each.id);
    return gone.length;
  }

  /** Pauses or resumes one, or all when there is no id. With an id it counts although nothing changed; `missed` is what ended pauses cost. */
  pause(id: number | null, paused: boolean): { affected: number; missed: number } {
    const chosen = [...this.held.values()].filter((each) => (id === null ? each.paused !== paused : each.id === id));
    let missed = 0;
    for (const each of chosen) {
      if (each.paused && !paused) missed += each.missed;
      if (each.paused !== paused) each.missed = 0;
      each.paused = paused;
    }
    return { affected: chosen.length, missed };
  }

  get size(): number {
    return this.held.size;
  }

  rows(): SubscriptionRow[] {
    return [...this.held.values()].map(({ id, pattern, paused }) => ({ id, pattern: pattern.text, paused, stream_id: this.id }));
  }
}
