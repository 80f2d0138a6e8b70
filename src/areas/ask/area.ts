import type { Area } from '../../kernel/registry';
import { ask } from './ask';
import { dismiss } from './dismiss';
import { pending } from './pending';
import { progress } from './progress';
import { response } from './response';
import { take } from './take';
import { wait } from './wait';

export const askArea: Area = {
  name: 'ask',
  summary: 'Questions to the user of a shell, answered when the user looks.',
  ops: [ask, pending, take, response, progress, dismiss, wait],
};
