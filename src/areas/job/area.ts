import type { Area } from '../../kernel/registry';
import { cancel } from './cancel';
import { clean } from './clean';
import { groupList } from './group_list';
import { groupSet } from './group_set';
import { input } from './input';
import { kill } from './kill';
import { list } from './list';
import { pause } from './pause';
import { output } from './read_output';
import { remove } from './remove';
import { resize } from './resize';
import { restart } from './restart';
import { resume } from './resume';
import { status } from './status';
import { jobStream } from './stream';
import { submit } from './submit';
import { wait } from './wait';

export const jobArea: Area = {
  name: 'job',
  summary: 'Programs that run under supervision and outlive the daemon, in queues with priorities and dependencies.',
  // The order in which one job could be taken through its life, which the examples follow.
  ops: [submit, list, status, output, wait, input, resize, pause, resume, kill, cancel, restart, remove, clean, groupSet, groupList],
  streams: [jobStream],
};
