import { setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'watch.max_watches': number;
    readonly 'watch.max_directories': number;
    readonly 'watch.max_entries': number;
    readonly 'watch.poll_ms': number;
  }
}

/** File watching. */
export const watchSettings = [
  setting('watch.max_watches', 1024, { type: 'integer', min: 1, max: 65_536, doc: 'File watches at once, of everybody.' }),
  setting('watch.max_directories', 100_000, {
    type: 'integer',
    min: 0,
    max: 10_000_000,
    doc: 'Folders the system watches for zd at once; further ones are polled.',
  }),
  setting('watch.max_entries', 1_000_000, { type: 'integer', min: 1, max: 100_000_000, doc: 'Files and folders below one watched path.' }),
  setting('watch.poll_ms', 2000, {
    type: 'integer',
    unit: 'milliseconds',
    min: 100,
    max: 3_600_000,
    doc: 'How often folders that cannot be watched are looked at.',
  }),
];
