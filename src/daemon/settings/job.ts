import { KiB, MiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'job.parallel': number;
    readonly 'job.max_queued': number;
    readonly 'job.keep_output_bytes': number;
    readonly 'job.keep_ended': number;
    readonly 'job.keep_secs': number;
  }
}

/** Jobs. */
export const jobSettings = [
  setting('job.parallel', 256, { type: 'integer', min: 1, max: 65_536, doc: 'Jobs of one group that run at once, for groups that do not say.' }),
  setting('job.max_queued', 100_000, { type: 'integer', min: 1, max: 10_000_000, doc: 'Jobs that may wait in all queues together.' }),
  setting('job.keep_output_bytes', 64 * MiB, {
    type: 'integer',
    unit: 'bytes',
    min: 4 * KiB,
    doc: "Bytes kept of each of a job's two outputs, for jobs that do not say; the oldest go first.",
  }),
  setting('job.keep_ended', 10_000, { type: 'integer', min: 0, max: 10_000_000, doc: 'Ended jobs that are kept, with their output.' }),
  setting('job.keep_secs', 30 * 86_400, { type: 'integer', unit: 'seconds', min: 1, max: 3_153_600_000, doc: 'How long an ended job is kept.' }),
];
