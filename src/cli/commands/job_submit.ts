import { entryOf } from '../catalogue';
import { command } from '../command';
import { inWordsOf } from '../field_names';
import { requestArgs, requestOf } from '../job_request';

const { args, fields } = requestArgs();

export const jobSubmit = command({
  name: 'job submit',
  summary: 'Run a program as a job, in this folder, and print its number',
  args,
  run: async (parsed, { client, globals, out, env }) => {
    const request = JSON.stringify(await requestOf(parsed, fields, env));
    const reply = await client().send('job_submit', request, { timeoutMs: globals.timeoutMs }).catch(inWordsOf(args, fields));
    await out.reply(reply, entryOf('job submit')!.cli);
  },
});
