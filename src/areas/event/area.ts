import type { Area } from '../../kernel/registry';
import { eventList } from './list';
import { publish } from './publish';
import { eventStats } from './stats';
import { eventStream } from './stream';

export const eventArea: Area = {
  name: 'event',
  summary: 'Publish and subscribe over one stored log.',
  ops: [publish, eventList, eventStats],
  streams: [eventStream],
};
