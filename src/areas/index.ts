import type { Area } from '../kernel/registry';
import { artifactArea } from './artifact/area';
import { cacheArea } from './cache/area';
import { configArea } from './config/area';
import { eventArea } from './event/area';
import { jobArea } from './job/area';
import { lockArea } from './lock/area';
import { metaArea } from './meta/area';
import { runtimeArea } from './runtime/area';
import { scheduleArea } from './schedule/area';
import { watchArea } from './watch/area';

/** Every area of zd, in the order of the documents. An area that is not here does not exist. */
export const areas: readonly Area[] = [
  metaArea,
  configArea,
  cacheArea,
  artifactArea,
  lockArea,
  jobArea,
  scheduleArea,
  eventArea,
  watchArea,
  runtimeArea,
];
