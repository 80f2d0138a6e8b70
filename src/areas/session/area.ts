import type { Area } from '../../kernel/registry';
import { answer } from './answer';
import { cancel } from './cancel';
import { close } from './close';
import { history } from './history';
import { info } from './info';
import { list } from './list';
import { newSession } from './new';
import { prompt } from './prompt';
import { remove } from './remove';
import { rename } from './rename';
import { sessionStream } from './stream';

export const sessionArea: Area = {
  name: 'session',
  summary: 'Conversations with coding agents that go on when nobody looks: turns, approvals and a transcript any number of viewers share.',
  // The order in which one session could be taken through its life, which the examples follow.
  ops: [newSession, list, info, rename, prompt, answer, history, cancel, close, remove],
  streams: [sessionStream],
};
