import type { Area } from '../../kernel/registry';
import { add } from './add';
import { addOnce } from './add_once';
import { disable } from './disable';
import { enable } from './enable';
import { history } from './history';
import { list } from './list';
import { remove } from './remove';
import { runNow } from './run_now';
import { update } from './update';

export const scheduleArea: Area = {
  name: 'schedule',
  summary: 'Run commands by the clock: cron expressions, intervals and single times, each run a job.',
  ops: [add, addOnce, update, enable, disable, list, runNow, history, remove],
};
