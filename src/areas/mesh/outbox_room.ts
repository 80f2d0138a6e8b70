import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import { meshEvent } from './events';

/** From here on an event tells of it, and from here on nothing more is taken. */
const PRESSURE = { told: 0.8, refused: 0.95 };

/** How much the outbox holds, and whether it takes more. */
export class OutboxRoom {
  /** Bytes of the messages kept; read from the table at first use. */
  private kept: number | null = null;
  private pressed = false;

  constructor(
    private readonly events: EventService,
    private readonly read: () => number,
    private readonly maxBytes: () => number,
  ) {}

  /** Throws when so many bytes more are too many. */
  check(bytes: number, mesh: string): void {
    const limit = this.maxBytes();
    const kept = (this.kept ??= this.read());
    const pressed = kept + bytes > limit * PRESSURE.told;
    if (pressed !== this.pressed) {
      this.pressed = pressed;
      if (pressed) this.events.publish(meshEvent('outbox_pressure_high', { mesh: null, bytes: kept, limit, triggered_by: mesh })).catch(() => {});
    }
    if (kept + bytes <= limit * PRESSURE.refused) return;
    throw new ZdError('storage_full', `The outbox holds ${kept} bytes, and its limit is ${limit}.`, {
      hint: 'Messages leave it when their brokers take them; see `zd outbox`. Raise mesh.outbox_max_bytes if need be.',
      extra: { error: 'insufficient_storage', limit },
    });
  }

  took(bytes: number): void {
    if (this.kept !== null) this.kept += bytes;
  }

  freed(bytes: number): void {
    if (this.kept !== null) this.kept = Math.max(0, this.kept - bytes);
  }

  /** Much was wiped: it is read anew. */
  forget(): void {
    this.kept = null;
  }
}
