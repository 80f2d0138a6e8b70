import type { Area } from '../../kernel/registry';
import { apiHistory } from './api_history';
import { apiStream } from './api_stream';
import { cursorCommit } from './cursor_commit';
import { cursorDelete } from './cursor_delete';
import { cursorList } from './cursor_list';
import { definitionsStream } from './definitions_stream';
import { subscriptionSetPaused } from './pause';
import { eventList } from './list';
import { publish } from './publish';
import { publishBatch } from './publish_batch';
import { retainedList } from './retained_list';
import { eventStats } from './stats';
import { eventStream } from './stream';
import { subscribe } from './subscribe';
import { unsubscribe } from './unsubscribe';
import { waitForEvent } from './wait';
import { webhook } from './webhook';

export const eventArea: Area = {
  name: 'event',
  summary: 'Publish and subscribe over one stored log.',
  ops: [
    ...[publish, publishBatch, eventList, retainedList, eventStats, waitForEvent],
    ...[subscribe, unsubscribe, subscriptionSetPaused, cursorCommit, cursorList, cursorDelete],
  ],
  streams: [eventStream, definitionsStream, apiStream],
  routes: [apiHistory, webhook],
};
