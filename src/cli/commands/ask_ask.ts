import { EXIT } from '../../kernel/code_info';
import { command, UsageError } from '../command';
import { TARGET_ARGS, targetOf } from '../shell_target';

const { user: _, ...WHERE } = TARGET_ARGS;
const KINDS = ['picker', 'input', 'dialog', 'menu', 'progress'] as const;

export const askAsk = command({
  name: 'ask ask',
  summary: 'Ask the user of shells something; prints the ids, or with --wait the answer: zd ask ask input --shell 3 --prompt "Which branch?" --wait',
  args: {
    kind: { type: 'positional', options: KINDS, description: 'What it is' },
    ...WHERE,
    prompt: { type: 'string', valueHint: 'text', description: 'What is asked' },
    item: { type: 'string', many: true, valueHint: 'text…', description: 'One of the things to choose from' },
    payload: { type: 'string', value: 'json', valueHint: 'json', description: 'Everything else that belongs to it' },
    urgency: { type: 'string', valueHint: 'word', description: 'low, normal, high or critical (default normal)' },
    expire: { type: 'string', value: 'number', minimum: 0, valueHint: 'secs', description: 'When it is over by itself (default 3600; 0: never)' },
    wait: { type: 'boolean', alias: 'w', description: 'Wait for the answer and print it; exit 124 when nobody answers, 1 when it is dismissed' },
  },
  run: async (args, { client, out, globals, interrupted }) => {
    const { prompt, item, payload, urgency, expire } = args;
    if (payload !== undefined && (typeof payload !== 'object' || payload === null || Array.isArray(payload)))
      throw new UsageError('--payload must be a JSON object');
    const said = { ...(payload as object | undefined), ...(prompt === undefined ? {} : { prompt }), ...(item === undefined ? {} : { items: item }) };
    const input = {
      kind: args.kind,
      target: targetOf(args),
      payload: Object.keys(said).length === 0 ? null : said,
      ...(urgency === undefined ? {} : { urgency }),
      ...(expire === undefined ? {} : { timeout_ms: Math.round((expire as number) * 1000) }),
    };
    const zd = client();
    const reply = await zd.send('ask_ask', JSON.stringify(input), { timeoutMs: globals.timeoutMs });
    const ids = (reply.value.queued as { request_id: string }[]).map(({ request_id }) => request_id);
    if (args.wait !== true) return out.reply(globals.json ? reply : { ...reply, value: { ids } }, { essential: 'ids' });
    if (ids.length !== 1) throw new UsageError(`--wait is for one shell, and this asked ${ids.length}`);
    const longest = globals.timeoutMs ?? 2_147_483_647;
    const signal = interrupted();
    const answer = await zd.send('ask_wait', JSON.stringify({ request_id: ids[0], timeout_ms: longest }), { signal });
    await out.reply(answer, { essential: 'value' });
    const { state, timed_out } = answer.value;
    return state === 'answered' ? EXIT.ok : timed_out === true || state === 'expired' ? EXIT.timeout : EXIT.failure;
  },
});
