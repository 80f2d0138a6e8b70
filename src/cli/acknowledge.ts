import type { Client } from '../client/client';

const PATIENCE_MS = 10_000;

/**
 * Tells the daemon how far a named reader is: one call at a time, always for the newest event that is done with. A call that fails is none: what
 * was not acknowledged comes again.
 */
export class Acknowledger {
  private newest = '';
  private running: Promise<void> | null = null;

  constructor(
    private readonly client: Client,
    private readonly cursor: string,
  ) {}

  done(id: string): void {
    this.newest = id;
    this.running ??= this.run();
  }

  private async run(): Promise<void> {
    while (this.newest !== '') {
      const event_id = this.newest;
      this.newest = '';
      await this.client.call('event_cursor_commit', { cursor: this.cursor, event_id }, { timeoutMs: PATIENCE_MS }).catch(() => {});
    }
    this.running = null;
  }

  /** Resolves when everything was told, or could not be. */
  async settled(): Promise<void> {
    await this.running;
  }
}
