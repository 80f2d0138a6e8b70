import type { Area } from '../../kernel/registry';
import { configGet } from './get';
import { configList } from './list';
import { configSet } from './set';

export const configArea: Area = {
  name: 'config',
  summary: 'The settings of the running daemon.',
  ops: [configGet, configSet, configList],
};
