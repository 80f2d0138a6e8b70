import { MiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'definitions.max_records': number;
    readonly 'definitions.max_shells': number;
    readonly 'definitions.max_value_bytes': number;
  }
}

/** What shells define. */
export const definitionsSettings = [
  setting('definitions.max_records', 2_000_000, {
    type: 'integer',
    min: 1,
    max: 100_000_000,
    doc: 'Definitions that are kept, of all shells together.',
  }),
  setting('definitions.max_shells', 1000, { type: 'integer', min: 1, max: 100_000, doc: 'Shells that may have definitions.' }),
  setting('definitions.max_value_bytes', MiB, {
    type: 'integer',
    unit: 'bytes',
    min: 1024,
    max: 64 * MiB,
    doc: 'Largest value of one definition.',
  }),
];
