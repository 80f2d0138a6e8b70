import { METRICS_CONTENT_TYPE, exposition, type Family } from '../transport/metrics_text';

const COUNTERS = {
  connections: 'WebSockets that were opened.',
  hellos: 'Hellos that were accepted.',
  frames: 'Frames from clients.',
  accepted: 'Messages that were stored.',
  duplicates: 'Messages that were known already and answered as before.',
  pushed: 'Pushes of messages to clients.',
  delivered: 'Deliveries that were acknowledged.',
  repeated: 'Pushes that were not acknowledged in time.',
  stray_ack: 'Acknowledgements of what was not waiting for their sender.',
  receipts: 'Receipts of seen messages that their senders have stored.',
  expired: 'Rows removed because their time was over.',
  news_dropped: 'News of peers that a client too far behind was spared.',
} as const;

export type Counter = keyof typeof COUNTERS;

/** What happened since the start, for `/metrics`. */
export class Counters {
  private readonly values = new Map<Counter, number>();
  /** Refusals by their code; codes are ours, so there are few. */
  private readonly refusals = new Map<string, number>();

  add(counter: Counter, by = 1): void {
    this.values.set(counter, (this.values.get(counter) ?? 0) + by);
  }

  refused(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  get(counter: Counter): number {
    return this.values.get(counter) ?? 0;
  }

  response(gauges: readonly Family[]): Response {
    const counters = Object.entries(COUNTERS).map(([name, help]): Family => ({
      name: `zd_broker_${name}_total`,
      type: 'counter',
      help,
      samples: [{ value: this.get(name as Counter) }],
    }));
    const refusals: Family = {
      name: 'zd_broker_refused_total',
      type: 'counter',
      help: 'Frames, hellos and requests that were refused, by code.',
      samples: [...this.refusals].map(([code, value]) => ({ labels: { code }, value })),
    };
    return new Response(exposition([...gauges, ...counters, refusals]), { headers: { 'content-type': METRICS_CONTENT_TYPE } });
  }
}
