import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Bytes } from './schema';

const Digests = (description: string) => t.Array(t.String(), { description });

export const verify = defineOp({
  name: 'artifact_verify',
  summary: 'Read every byte of every artifact and compare it with its digest.',
  description:
    'A damaged content is taken out of use: reads answer `artifact_corrupt` until it is put again. Takes as long as reading all files does.',
  scope: 'artifact.admin',
  effect: 'write',
  waits: true,
  input: strict({}),
  output: strict({
    clean: t.Boolean({ description: 'Nothing is corrupt, quarantined or missing.' }),
    checked: t.Integer({ minimum: 0, description: 'Contents.' }),
    bytes: Bytes,
    corrupt: Digests('Found damaged now.'),
    quarantined: Digests('Found damaged before, and not put again since.'),
    missing: Digests('Without their file.'),
    orphans: Digests('Files nobody names; the next collection removes them.'),
  }),
  errors: [],
  example: {},
  handle: async ({ artifacts }, _, call) => {
    const result = await artifacts.verify(call.signal);
    return { clean: result.corrupt.length + result.quarantined.length + result.missing.length === 0, ...result };
  },
});
