import type { Area } from '../kernel/registry';
import { artifactArea } from './artifact/area';
import { askArea } from './ask/area';
import { cacheArea } from './cache/area';
import { configArea } from './config/area';
import { definitionsArea } from './definitions/area';
import { eventArea } from './event/area';
import { exportArea } from './export/area';
import { historyArea } from './history/area';
import { jobArea } from './job/area';
import { lockArea } from './lock/area';
import { meshArea } from './mesh/area';
import { metaArea } from './meta/area';
import { runtimeArea } from './runtime/area';
import { scheduleArea } from './schedule/area';
import { snapshotArea } from './snapshot/area';
import { shellArea } from './shell/area';
import { sessionArea } from './session/area';
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
  definitionsArea,
  snapshotArea,
  exportArea,
  shellArea,
  askArea,
  historyArea,
  meshArea,
  sessionArea,
];
