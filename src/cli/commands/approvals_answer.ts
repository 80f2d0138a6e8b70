import type { CommandDef } from 'citty';
import { entryOf } from '../catalogue';
import { command } from '../command';
import { argsOf, inputOf } from '../derive';

/** `zd approvals allow|deny ID`: the answer is the verb. */
function answers(decision: 'allow' | 'deny', summary: string): CommandDef {
  const entry = entryOf('approvals answer')!;
  const { args, fields } = argsOf(entry);
  const { decision: _, ...shown } = args;
  return command({
    name: `approvals ${decision}`,
    summary,
    args: shown,
    run: async (parsed, { client, globals, out }) => {
      const input = { ...inputOf(fields, parsed), decision };
      await out.reply(await client().send(entry.name, JSON.stringify(input), { timeoutMs: globals.timeoutMs }), entry.cli);
    },
  });
}

export const approvalsAllow = answers('allow', 'Allow one call that an agent asked leave for');
export const approvalsDeny = answers('deny', 'Deny what an agent asked leave for');
