import { setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'shutdown.grace_ms': number;
  }
}

/** The stop. */
export const shutdownSettings = [
  setting('shutdown.grace_ms', 5000, {
    type: 'integer',
    unit: 'milliseconds',
    min: 0,
    max: 600_000,
    doc: 'How long a stop waits for operations in flight.',
  }),
];
