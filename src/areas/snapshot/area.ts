import type { Area } from '../../kernel/registry';
import { bisect } from './bisect';
import { deleteSnapshot } from './delete';
import { diff } from './diff';
import { list } from './list';
import { load } from './load';
import { publish } from './publish';
import { pubkey } from './pubkey';
import { pull } from './pull';
import { save } from './save';
import { sign } from './sign';
import { verify } from './verify';

export const snapshotArea: Area = {
  name: 'snapshot',
  summary: 'The whole catalogue under a tag: saved, compared, restored, signed and shared.',
  ops: [save, list, load, diff, deleteSnapshot, bisect, pubkey, sign, verify, publish, pull],
};
