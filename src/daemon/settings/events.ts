import { MiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'events.max_count': number;
    readonly 'events.max_age_secs': number;
    readonly 'events.max_bytes': number;
    readonly 'events.kinds': KindSettings;
    readonly 'events.dedup_secs': number;
    readonly 'events.max_retained': number;
    readonly 'events.max_cursors': number;
  }
}

/** The event log. */
export const eventsSettings = [
  setting('events.max_count', 1_000_000, { type: 'integer', min: 1, doc: 'Events the log keeps.' }),
  setting('events.max_age_secs', 7 * 86_400, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 3_153_600_000,
    doc: 'How long the log keeps an event.',
  }),
  setting('events.max_bytes', 512 * MiB, { type: 'integer', unit: 'bytes', min: MiB, doc: 'Bytes the log keeps.' }),
  setting(
    'events.kinds',
    {
      fs: { max_count: 200_000, max_age_secs: 86_400, max_bytes: 64 * MiB },
      observability: { max_count: 100_000, max_bytes: 32 * MiB },
    },
    {
      type: 'kinds',
      doc: 'Narrower bounds of single kinds of events: a table KIND = { max_count, max_age_secs, max_bytes }.',
    },
  ),
  setting('events.dedup_secs', 120, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 604_800,
    doc: 'How long an `id` given to publish is remembered, so that a repetition is recognised.',
  }),
  setting('events.max_retained', 1000, { type: 'integer', min: 0, max: 100_000, doc: 'Topics whose latest event is retained.' }),
  setting('events.max_cursors', 1000, { type: 'integer', min: 0, max: 100_000, doc: 'Cursors of named readers.' }),
];
