import type { Area } from '../../kernel/registry';
import { list } from './list';
import { watcherStats } from './stats';
import { watchStream } from './stream';
import { subscribe } from './subscribe';
import { unsubscribe } from './unsubscribe';

export const watchArea: Area = {
  name: 'watch',
  summary: 'What changes in files and folders, told to who asked.',
  ops: [subscribe, unsubscribe, list, watcherStats],
  streams: [watchStream],
};
