import type { Area } from '../../kernel/registry';
import { answer } from './answer';
import { cancel } from './cancel';
import { clear } from './clear';
import { close } from './close';
import { compact } from './compact';
import { history } from './history';
import { info } from './info';
import { inject } from './inject';
import { list } from './list';
import { newSession } from './new';
import { prompt } from './prompt';
import { remove } from './remove';
import { rename } from './rename';
import { set } from './set';
import { sessionStream } from './stream';

export const sessionArea: Area = {
  name: 'session',
  summary: 'Conversations with coding agents that go on when nobody looks: turns, approvals and a transcript any number of viewers share.',
  // The order in which one session could be taken through its life, which the examples follow.
  ops: [newSession, list, info, rename, prompt, answer, inject, history, set, compact, clear, cancel, close, remove],
  streams: [sessionStream],
};
