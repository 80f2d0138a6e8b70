import type { Area } from '../../kernel/registry';
import { append } from './append';
import { query } from './query';

export const historyArea: Area = {
  name: 'history',
  summary: 'The commands of every shell: kept without their secrets, found by words, parts, beginnings or a few letters.',
  ops: [append, query],
};
