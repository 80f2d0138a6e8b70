import { KiB, MiB, GiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'limits.body_bytes': number;
    readonly 'limits.connections': number;
    readonly 'limits.streams_per_token': number;
    readonly 'limits.streams': number;
    readonly 'limits.queue_events': number;
    readonly 'limits.queue_bytes': number;
    readonly 'limits.subscriptions': number;
    readonly 'limits.max_depth': number;
  }
}

/** Limits of the whole daemon. */
export const limitsSettings = [
  setting('limits.body_bytes', 2 * MiB, { type: 'integer', unit: 'bytes', min: KiB, max: GiB, doc: 'Largest request body.' }),
  setting('limits.connections', 1024, { type: 'integer', min: 1, max: 65_536, doc: 'Requests in flight at once.' }),
  setting('limits.streams_per_token', 64, { type: 'integer', min: 1, max: 65_536, doc: 'Open streams per token.' }),
  setting('limits.streams', 1024, { type: 'integer', min: 1, max: 65_536, doc: 'Open streams in all.' }),
  setting('limits.queue_events', 10_000, {
    type: 'integer',
    min: 1,
    max: 10_000_000,
    doc: 'Events that wait for one subscriber before it counts as lagging.',
  }),
  setting('limits.queue_bytes', 8 * MiB, {
    type: 'integer',
    unit: 'bytes',
    min: KiB,
    max: GiB,
    doc: 'Bytes that wait for one subscriber before it counts as lagging.',
  }),
  setting('limits.subscriptions', 1000, { type: 'integer', min: 1, max: 100_000, doc: 'Subscriptions of one stream or socket.' }),
  setting('limits.max_depth', 64, { type: 'integer', min: 4, max: 1000, doc: 'Deepest nesting of a JSON body.' }),
];
