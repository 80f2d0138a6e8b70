import type { Caller, Identity, Scope } from './caller';
import type { EncodedFrames, Frame } from './stream';

/** A client's lasting connection, for example a WebSocket. What a call through it sets up belongs to it and ends with it. */
export interface Connection {
  readonly caller: Caller;
  /** Aborts when the connection has ended. */
  readonly signal: AbortSignal;
  /**
   * Sends what the generator gives, as fast as the client reads. The connection ends when the last of its generators does, unless that is a
   * `passing` one, which comes and goes; and when its token loses the scope.
   */
  attach(frames: AsyncGenerator<Frame | EncodedFrames>, scope: Scope, passing?: 'passing'): void;
  /** From now on its calls are made by whoever this says, asked anew for each of them; by its own caller when it says null. */
  speakAs(identity: () => Identity | null): void;
}
