import type { CommandDef } from 'citty';
import { entryOf } from '../catalogue';
import { command } from '../command';
import { inWordsOf } from '../field_names';
import { requestArgs, requestOf } from '../job_request';

/** A verb that describes jobs to come as `zd job submit` describes one: this folder, and this environment when asked. */
function adds(words: string): CommandDef {
  const entry = entryOf(words)!;
  const { args, fields } = requestArgs(words);
  return command({
    name: words,
    summary: entry.summary.replace(/\.$/, ''),
    args,
    run: async (parsed, { client, globals, out, env }) => {
      const request = JSON.stringify(await requestOf(parsed, fields, env));
      const reply = await client().send(entry.name, request, { timeoutMs: globals.timeoutMs }).catch(inWordsOf(args, fields));
      await out.reply(reply, entry.cli);
    },
  });
}

export const scheduleAdd = adds('schedule add');
export const scheduleOnce = adds('schedule once');
