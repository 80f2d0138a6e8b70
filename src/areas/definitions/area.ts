import type { Area } from '../../kernel/registry';
import { definitionsKinds } from './definitions_kinds';

export const definitionsArea: Area = {
  name: 'definitions',
  summary: 'What every shell of this machine defines: aliases, functions, variables, options, completions and more.',
  ops: [definitionsKinds],
};
