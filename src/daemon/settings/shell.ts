import { setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'shell.max_shells': number;
    readonly 'shell.long_command_ms': number;
    readonly 'ask.max_pending': number;
    readonly 'ask.lease_secs': number;
    readonly 'ask.keep_secs': number;
  }
}

/** Shells, and the questions to their users. */
export const shellSettings = [
  setting('shell.max_shells', 1000, { type: 'integer', min: 1, max: 100_000, doc: 'Shells that may be registered at once.' }),
  setting('shell.long_command_ms', 10_000, {
    type: 'integer',
    unit: 'milliseconds',
    min: 0,
    max: 86_400_000,
    doc: 'A command that has run for so long is announced to the other shells; 0: none is.',
  }),
  setting('ask.max_pending', 1000, { type: 'integer', min: 1, max: 100_000, doc: 'Questions that may wait for one shell.' }),
  setting('ask.lease_secs', 600, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 86_400,
    doc: 'How long a question is kept for who took it, before it waits again.',
  }),
  setting('ask.keep_secs', 3600, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 3_153_600_000,
    doc: 'How long the end of a question can be read by who asked.',
  }),
];
