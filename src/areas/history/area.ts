import type { Area } from '../../kernel/registry';
import { append } from './append';
import { complete } from './complete';
import { deleteEntries } from './delete';
import { highlight } from './highlight';
import { importEntries } from './import';
import { importHistory } from './import_history';
import { query } from './query';
import { stats } from './stats';
import { suggest } from './suggest';

export const historyArea: Area = {
  name: 'history',
  summary: 'The commands of every shell: kept without their secrets, found by words, parts, beginnings or a few letters.',
  ops: [append, query, deleteEntries, stats, importEntries, importHistory, complete, suggest, highlight],
};
