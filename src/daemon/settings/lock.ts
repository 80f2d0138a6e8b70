import { setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'lock.default_ttl_secs': number;
    readonly 'lock.max_entries': number;
  }
}

/** Locks. */
export const lockSettings = [
  setting('lock.default_ttl_secs', 60, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 86_400,
    doc: 'Lease of a lock that was asked for with neither a lease nor a process.',
  }),
  setting('lock.max_entries', 10_000, { type: 'integer', min: 1, max: 1_000_000, doc: 'Grants of locks and requests that wait for one, in all.' }),
];
