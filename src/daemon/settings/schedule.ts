import { setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'schedule.max_count': number;
    readonly 'schedule.history_runs': number;
    readonly 'schedule.keep_ended_secs': number;
  }
}

/** Schedules. */
export const scheduleSettings = [
  setting('schedule.max_count', 1000, { type: 'integer', min: 1, max: 100_000, doc: 'Schedules there may be.' }),
  setting('schedule.history_runs', 100, { type: 'integer', min: 1, max: 10_000, doc: 'Runs the history of one schedule keeps.' }),
  setting('schedule.keep_ended_secs', 7 * 86_400, {
    type: 'integer',
    unit: 'seconds',
    min: 0,
    max: 3_153_600_000,
    doc: 'How long a schedule that ran for the last time stays listed.',
  }),
];
