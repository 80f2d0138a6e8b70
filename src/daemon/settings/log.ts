import type { Level } from '../../kernel/log';
import { KiB, MiB, GiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'log.level': Level;
    readonly 'log.max_bytes': number;
    readonly 'log.max_files': number;
  }
}

/** The log file. */
export const logSettings = [
  setting('log.level', 'info', { type: 'level', doc: 'What is written to the log: debug, info, warn or error.' }),
  setting('log.max_bytes', 10 * MiB, { type: 'integer', unit: 'bytes', min: 4 * KiB, max: 4 * GiB, doc: 'Size at which the log file is rotated.' }),
  setting('log.max_files', 4, { type: 'integer', min: 0, max: 100, doc: 'How many rotated log files are kept.' }),
];
