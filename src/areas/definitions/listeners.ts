import type { Connection } from '../../kernel/connection';
import type { EncodedFrames, Frame } from '../../kernel/stream';

/** Whether a connection hears of changed definitions now. The feed it is for asks it for each event. */
export interface Ear {
  open: boolean;
}

/** Opens a feed of changes that lasts as long as the signal and sends what comes while its ear is open. */
export type OpenFeed = (ear: Ear, signal: AbortSignal) => AsyncGenerator<Frame | EncodedFrames>;

/** Which connections asked to hear of changed definitions. It ends with them. */
export class Listeners {
  private readonly ears = new WeakMap<Connection, Ear>();

  constructor(private readonly feed: OpenFeed) {}

  /** Returns whether it heard of them before. */
  set(connection: Connection, open: boolean): boolean {
    const ear = this.ears.get(connection);
    const before = ear?.open ?? false;
    if (ear) ear.open = open;
    else if (open) {
      const fresh: Ear = { open };
      this.ears.set(connection, fresh);
      connection.attach(this.feed(fresh, connection.signal), 'defs.read');
    }
    return before;
  }
}
