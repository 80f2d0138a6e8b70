import type { Area } from '../../kernel/registry';
import { batch } from './batch';
import { del } from './del';
import { get } from './get';
import { incr } from './incr';
import { list } from './list';
import { put } from './put';
import { stats } from './stats';
import { touch } from './touch';

export const cacheArea: Area = {
  name: 'cache',
  summary: 'A persistent key-value store with namespaces, limited lifetimes, quotas and counters.',
  ops: [put, get, del, list, stats, incr, touch, batch],
};
