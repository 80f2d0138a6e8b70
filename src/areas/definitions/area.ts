import type { Area } from '../../kernel/registry';
import { definitionsDiff } from './definitions_diff';
import { definitionsEmit } from './definitions_emit';
import { definitionsKinds } from './definitions_kinds';
import { definitionsQuery } from './definitions_query';
import { definitionsSubscribe } from './definitions_subscribe';
import { definitionsUnsubscribe } from './definitions_unsubscribe';
import { diffCanonical } from './diff_canonical';
import { keys } from './keys';
import { pullCanonical } from './pull_canonical';
import { pushCanonical } from './push_canonical';
import { recorderIngest } from './recorder_ingest';

export const definitionsArea: Area = {
  name: 'definitions',
  summary: 'What every shell of this machine defines: aliases, functions, variables, options, completions and more.',
  ops: [
    definitionsKinds,
    definitionsQuery,
    definitionsEmit,
    definitionsDiff,
    definitionsSubscribe,
    definitionsUnsubscribe,
    recorderIngest,
    ...[pushCanonical, pullCanonical, diffCanonical, keys],
  ],
};
