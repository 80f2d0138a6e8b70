import { entryOf } from '../catalogue';
import { command } from '../command';
import { requestArgs, requestOf } from '../job_request';

const { args, fields } = requestArgs();

export const jobSubmit = command({
  name: 'job submit',
  summary: 'Run a program as a job, in this folder, and print its number',
  args,
  run: async (parsed, { client, globals, out, env }) => {
    const reply = await client().send('job_submit', JSON.stringify(await requestOf(parsed, fields, env)), { timeoutMs: globals.timeoutMs });
    await out.reply(reply, entryOf('job submit')!.cli);
  },
});
