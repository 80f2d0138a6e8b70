import { entries } from '../catalogue';
import { command, UsageError } from '../command';
import { nearest } from '../nearest';
import { ClientError } from '../../client/error';

export const call = command({
  name: 'call',
  summary: 'Call any operation with a JSON object, and print its reply as JSON',
  args: {
    op: { type: 'positional', suggest: 'operations', description: 'The name; `zd ops` lists them' },
    arguments: { type: 'positional', required: false, description: 'The arguments as JSON, or - to read them from stdin' },
  },
  run: async ({ op, arguments: given = '{}' }, { client, globals, out }) => {
    const text = given === '-' ? await Bun.stdin.text() : (given as string);
    try {
      JSON.parse(text);
    } catch {
      throw new UsageError('the arguments are not valid JSON', `For example: zd call ${op as string} '{"name":"value"}'`);
    }
    try {
      const reply = await client().send(op as string, text, { timeoutMs: globals.timeoutMs });
      out.line(out.terminal && !globals.json ? JSON.stringify(reply.value, null, 2) : reply.text);
    } catch (error) {
      throw withSuggestion(error, op as string);
    }
  },
});

function withSuggestion(error: unknown, op: string): unknown {
  if (!(error instanceof ClientError) || error.code !== 'unknown_op') return error;
  const close = nearest(
    op,
    entries()
      .filter(({ kind }) => kind === 'op')
      .map(({ name }) => name),
  );
  return close ? new ClientError(error.code, error.msg, `Did you mean "${close}"?`, error.exit, error.body) : error;
}
