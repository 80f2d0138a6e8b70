import type { TurnTrigger } from './service';

/** A turn under way, as its host knows it. */
export interface Turn {
  readonly number: number;
  readonly trigger: TurnTrigger;
  /** On the monotonic clock and on the wall. */
  readonly began: number;
  readonly startedAt: number;
  /** Number of its `user` event. */
  readonly seq: number;
  readonly abort: AbortController;
  readonly ended: PromiseWithResolvers<void>;
  readonly usage: { input_tokens: number; output_tokens: number; cost: number };
  /** Tools that were begun and have no result, with when. */
  readonly tools: Map<string, { readonly name: string; readonly began: number }>;
  /** Text of a compaction. */
  said: string;
  /** On the monotonic clock. */
  lastSign: number;
}

export const newTurn = (number: number, trigger: TurnTrigger, seq: number, startedAt: number, began: number): Turn => ({
  number,
  trigger,
  began,
  startedAt,
  seq,
  abort: new AbortController(),
  ended: Promise.withResolvers<void>(),
  usage: { input_tokens: 0, output_tokens: 0, cost: 0 },
  tools: new Map(),
  said: '',
  lastSign: began,
});
