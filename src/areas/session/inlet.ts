import { ZdError } from '../../kernel/error';
import type { SessionDeps } from './deps';
import type { Host } from './host';
import { enqueue, following } from './queue';
import type { Injected, Prompt, Prompted } from './service';

/** What comes to a session: begins a turn, or waits for the end of the one under way. */
export class Inlet {
  constructor(
    private readonly deps: SessionDeps,
    private readonly host: Host,
  ) {}

  async prompt({ text, by, queue = false }: Prompt): Promise<Prompted> {
    this.checkSize(text);
    this.host.row();
    if (!this.host.isBusy) return this.host.begin({ trigger: 'user', content: text, by });
    if (!queue) throw new ZdError('busy', 'A turn is under way: cancel it first, wait, or have the prompt queued.');
    const { queueId, seq } = await this.enqueue('message', text, by);
    return { disposition: 'queued', turn: null, seq, queueId };
  }

  async inject(content: string, by: string): Promise<Injected> {
    this.checkSize(content);
    const row = this.host.row();
    const busy = this.host.isBusy;
    if (!busy && row.auto_turns < this.deps.limits().autoTurnCap) {
      const { turn } = await this.host.begin({ trigger: 'event_auto', content, by });
      return { disposition: 'injected', turn, queueId: null, reason: null };
    }
    try {
      const { queueId } = await this.enqueue('event', content, by);
      return { disposition: 'buffered', turn: null, queueId, reason: busy ? 'busy' : 'auto_turn_cap' };
    } catch (error) {
      if (!(error instanceof ZdError) || error.code !== 'too_many') throw error;
      return { disposition: 'rejected', turn: null, queueId: null, reason: 'queue_full' };
    }
  }

  private checkSize(text: string): void {
    const limit = this.deps.limits().promptBytes;
    const bytes = Buffer.byteLength(text);
    if (bytes > limit) throw new ZdError('too_large', `The prompt has ${bytes} bytes; the limit is ${limit}.`, { extra: { limit } });
  }

  private async enqueue(kind: 'message' | 'event', content: string, by: string): Promise<{ queueId: number; seq: number }> {
    await this.host.journal.flush();
    const stored = await enqueue(this.deps, this.host.ref, kind, content, by);
    // The turn may have ended while this was written.
    void this.next();
    return stored;
  }

  /** Begins what is queued, when there is no turn. */
  async next(): Promise<void> {
    const { host, deps } = this;
    const next = host.isBusy || host.closing ? null : following(deps, host.ref);
    if (!next) return;
    await host
      .begin(next)
      .catch((error: unknown) => deps.log.warn('session: what was queued could not begin', { session: host.ref.session_id, error }));
  }
}
