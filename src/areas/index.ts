import type { Area } from '../kernel/registry';
import { cacheArea } from './cache/area';
import { configArea } from './config/area';
import { eventArea } from './event/area';
import { metaArea } from './meta/area';
import { watchArea } from './watch/area';

/** Every area of zd, in the order of the documents. An area that is not here does not exist. */
export const areas: readonly Area[] = [metaArea, configArea, cacheArea, eventArea, watchArea];
