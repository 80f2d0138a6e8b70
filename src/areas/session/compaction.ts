import { ZdError } from '../../kernel/error';
import { conversation } from './conversation';
import type { SessionDeps } from './deps';
import type { SessionRow } from './row';
import type { Beginning } from './turn_store';

const LEAST_MESSAGES = 4;

const REQUEST =
  'Sum up our conversation so far for yourself, so that you could go on with nothing but this summary: what was wanted, what was decided and why, ' +
  'what was done and found, what is open. Answer with the summary alone.';

/** The turn in which an agent sums up what was said. Throws `conflict` when that is too little. */
export function compaction({ journal }: SessionDeps, row: SessionRow, { instructions, by }: { instructions?: string; by: string }): Beginning {
  const messages = conversation(journal, row, Number.MAX_SAFE_INTEGER).length;
  if (messages < LEAST_MESSAGES) throw new ZdError('conflict', `There are ${messages} messages; it takes ${LEAST_MESSAGES} to sum them up.`);
  return { trigger: 'compaction', content: instructions ? `${REQUEST}\n\n${instructions}` : REQUEST, by };
}
