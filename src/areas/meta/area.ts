import type { Area } from '../../kernel/registry';
import { daemon } from './daemon';
import { doctor } from './doctor';
import { info } from './info';
import { logLevel } from './log_level';
import { logRotate } from './log_rotate';
import { logStats } from './log_stats';
import { metrics } from './metrics';
import { ping } from './ping';

export const metaArea: Area = {
  name: 'meta',
  summary: 'The daemon itself: liveness, facts, counters, checks and its log.',
  ops: [ping, info, metrics, daemon, doctor, logLevel, logRotate, logStats],
};
