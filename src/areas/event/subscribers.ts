import type { Caller } from '../../kernel/caller';
import type { Connection } from '../../kernel/connection';
import type { Pattern } from './pattern';
import { SubscriptionSet } from './subscriptions';
import type { Audience } from './visibility';

/** The sets of subscriptions of every open stream and socket that has one. They end with it. */
export class Subscribers {
  private readonly sets = new Map<string, SubscriptionSet>();
  private readonly ofConnection = new WeakMap<Connection, SubscriptionSet>();
  private newest = 0;

  /** `limit`: subscriptions of one stream or socket. */
  constructor(readonly limit: () => number) {}

  /** A new, empty set that lives as long as the signal. */
  open(caller: Caller, audience: Audience, signal: AbortSignal, connection?: Connection): SubscriptionSet {
    const set = new SubscriptionSet(caller, audience, connection !== undefined);
    this.sets.set(set.id, set);
    if (connection) this.ofConnection.set(connection, set);
    const close = () => this.sets.delete(set.id);
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
    return set;
  }

  close(set: SubscriptionSet): void {
    this.sets.delete(set.id);
  }

  of(connection: Connection): SubscriptionSet | undefined {
    return this.ofConnection.get(connection);
  }

  /** The sets a call may touch: its own connection's, or else those of every stream and socket of the same token, or the one that it names. */
  owned(call: { readonly caller: Caller; readonly connection?: Connection }, streamId?: string): SubscriptionSet[] {
    if (call.connection && streamId === undefined) return [this.of(call.connection)].filter((set) => set !== undefined);
    return [...this.sets.values()].filter((set) => same(set.caller, call.caller) && (streamId === undefined || set.id === streamId));
  }

  /** Adds all of the patterns and returns their ids, which grow and are never given twice; null when there is no room for them. */
  add(set: SubscriptionSet, patterns: readonly Pattern[]): number[] | null {
    if (set.size + patterns.length > this.limit()) return null;
    return patterns.map((pattern) => {
      set.add(++this.newest, pattern);
      return this.newest;
    });
  }
}

/** A token's caller is made anew when the configuration is read again; its label stays. */
const same = (a: Caller, b: Caller): boolean => a.via === b.via && a.label === b.label;
