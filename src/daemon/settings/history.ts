import { KiB, MiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'history.private': boolean;
    readonly 'history.ignore_space': boolean;
    readonly 'history.ignore': readonly string[];
    readonly 'history.redact': boolean;
    readonly 'history.max_line_bytes': number;
    readonly 'history.max_entries': number;
    readonly 'history.max_age_secs': number;
    readonly 'history.long_command_ms': number;
  }
}

/** The history of commands. */
export const historySettings = [
  setting('history.private', false, { type: 'boolean', doc: 'Nothing is added to the history while this is true.' }),
  setting('history.ignore_space', true, { type: 'boolean', doc: 'A command that begins with a blank is not kept.' }),
  setting('history.ignore', [], { type: 'patterns', doc: 'Commands that are not kept: patterns for the whole line, where * is any text.' }),
  setting('history.redact', true, { type: 'boolean', doc: 'Secrets are taken out of a command before it is kept.' }),
  setting('history.max_line_bytes', 64 * KiB, { type: 'integer', unit: 'bytes', min: 1, max: MiB, doc: 'Longest command.' }),
  setting('history.max_entries', 2_000_000, { type: 'integer', min: 1, max: 100_000_000, doc: 'Entries the history keeps; the oldest go first.' }),
  setting('history.max_age_secs', 0, {
    type: 'integer',
    unit: 'seconds',
    max: 3_153_600_000,
    doc: 'How long an entry is kept; 0 for ever.',
  }),
  setting('history.long_command_ms', 30_000, {
    type: 'integer',
    unit: 'milliseconds',
    max: 86_400_000,
    doc: 'A command that took at least so long is announced to the other shells when it has ended; 0 announces none.',
  }),
];
