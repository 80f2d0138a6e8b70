#!/usr/bin/env bun
/**
 * An agent for tests: speaks the Agent Client Protocol on its standard streams and does what the prompt says, one word per step. What it does
 * before a prompt is told by its arguments.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

type Json = Record<string, any>;

const flags = new Set(process.argv.slice(2));
const send = (message: Json) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const answers = new Map<number, (result: Json) => void>();
let asked = 0;
const ask = (method: string, params: Json) =>
  new Promise<Json>((resolve) => {
    const id = ++asked;
    answers.set(id, resolve);
    send({ id, method, params });
  });

let session = '';
let model = 'none';
let servers: unknown;
let cancelled = false;
let cancelNow = () => {};
const update = (fields: Json) => send({ method: 'session/update', params: { sessionId: session, update: fields } });
const chunk = (text: string, sessionUpdate = 'agent_message_chunk') => update({ sessionUpdate, content: { type: 'text', text }, messageId: 'm1' });
const drained = () => new Promise<void>((resolve) => (process.stdout.writableNeedDrain ? process.stdout.once('drain', () => resolve()) : resolve()));

/** The steps of a prompt: `WORD` or `WORD:ARGUMENT`, the argument with `_` for blanks. */
const steps: Record<string, (argument: string) => unknown> = {
  say: (text) => chunk(text.replaceAll('_', ' ')),
  think: (text) => chunk(text.replaceAll('_', ' '), 'agent_thought_chunk'),
  /** Says when it wrote this, for latencies. */
  clock: () => chunk(`${Date.now()}.${performance.timeOrigin + performance.now()}`),
  chunks: async (count) => {
    for (let n = 0; n < Number(count); n++) {
      chunk(`${n} `);
      await drained();
    }
  },
  slowly: async (count) => {
    for (let n = 0; n < Number(count) && !cancelled; n++) {
      chunk(`${n} `);
      await Bun.sleep(5);
    }
  },
  /** Goes on when there is a file of this path. */
  hold: async (path) => {
    while (!existsSync(path) && !cancelled) await Bun.sleep(5);
  },
  /** So many megabytes in pieces of 8 KiB. */
  flood: async (megabytes) => {
    for (let n = 0; n < Number(megabytes) * 128; n++) {
      chunk('x'.repeat(8192));
      await drained();
    }
  },
  line: (bytes) => void process.stdout.write(`${'y'.repeat(Number(bytes))}\n`),
  big: (chars) => chunk('z'.repeat(Number(chars))),
  tool: (name) => {
    update({ sessionUpdate: 'tool_call', toolCallId: 't1', title: name, kind: 'execute', status: 'pending' });
    update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', status: 'in_progress', rawInput: { command: 'ls' } });
    const content = (text: string) => [{ type: 'content', content: { type: 'text', text } }];
    update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', content: content('a.txt\n') });
    update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', content: content('a.txt\nb.txt\n') });
    update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', status: 'completed' });
  },
  plan: () => update({ sessionUpdate: 'plan', entries: [{ content: 'one', priority: 'high', status: 'pending' }] }),
  usage: () => update({ sessionUpdate: 'usage_update', used: 100, size: 1000, cost: { amount: 0.5, currency: 'USD' } }),
  novel: () => update({ sessionUpdate: 'something_new', answer: 42 }),
  novels: async (count) => {
    for (let n = 0; n < Number(count); n++) {
      update({ sessionUpdate: 'something_new', answer: n });
      await drained();
    }
  },
  vendor: () => send({ method: '_vendor/hello', params: { answer: 43 } }),
  permission: async () => {
    const { outcome } = await ask('session/request_permission', {
      sessionId: session,
      toolCall: { toolCallId: 'p1', title: 'rm -r build', rawInput: { command: 'rm -r build' } },
      options: [
        { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
        { optionId: 'no', name: 'Reject', kind: 'reject_once' },
      ],
    });
    chunk(`permission ${outcome.outcome} ${outcome.optionId ?? ''}`);
  },
  /** Asks for leave as the JSON says: the tool call, and the kinds of its options, each the id of its option, too. Told of first, it has its id alone. */
  may: async (json) => {
    const { tool, kinds, told } = JSON.parse(json.replaceAll('_', ' ')) as { tool: Json; kinds: string[]; told?: boolean };
    if (told) update({ sessionUpdate: 'tool_call', toolCallId: 't1', ...tool });
    const options = kinds.map((kind) => kind.replace(' ', '_')).map((kind) => ({ optionId: kind, name: kind, kind }));
    const { outcome } = await ask('session/request_permission', {
      sessionId: session,
      toolCall: { toolCallId: 't1', ...(told ? {} : tool) },
      options,
    });
    chunk(`may ${outcome.optionId ?? outcome.outcome}`);
  },
  read: async (path) => chunk(`read ${JSON.stringify(await ask('fs/read_text_file', { sessionId: session, path }))}`),
  write: async (path) => chunk(`write ${JSON.stringify(await ask('fs/write_text_file', { sessionId: session, path, content: 'written' }))}`),
  /** Has a program run, to its end: a JSON list with `_` for blanks. */
  run: async (json) => {
    const [command, ...args] = JSON.parse(json.replaceAll('_', ' ')) as string[];
    const { terminalId, error } = await ask('terminal/create', { sessionId: session, command, args, outputByteLimit: 20 });
    if (error) return chunk(`run ${JSON.stringify(error)}`);
    await ask('terminal/wait_for_exit', { sessionId: session, terminalId });
    chunk(`run ${JSON.stringify(await ask('terminal/output', { sessionId: session, terminalId }))}`);
    await ask('terminal/release', { sessionId: session, terminalId });
    chunk(` then ${JSON.stringify(await ask('terminal/output', { sessionId: session, terminalId }))}`);
  },
  /** Has a program run, and leaves it. */
  leave: async (json) => {
    const [command, ...args] = JSON.parse(json.replaceAll('_', ' ')) as string[];
    chunk((await ask('terminal/create', { sessionId: session, command, args })).terminalId);
  },
  garbage: (count) => {
    for (let n = 0; n < Number(count || 1); n++) process.stdout.write(`this is no message ${n}\n[1]\n42\n{"id":99,"result":{}}\n`);
  },
  stderr: async (megabytes) => {
    for (let n = 0; n < Number(megabytes) * 16; n++)
      if (!process.stderr.write('e'.repeat(65_536))) await new Promise((go) => process.stderr.once('drain', go));
  },
  child: () => {
    const { pid } = spawn('sleep', ['1000'], { stdio: 'ignore' });
    chunk(`child ${pid}`);
  },
  env: (name) => chunk(`${name}=${process.env[name] ?? 'unset'}`),
  model: () => chunk(model),
  /** Which MCP servers it was told of. */
  servers: () => chunk(JSON.stringify(servers)),
  cwd: () => chunk(process.cwd()),
  pid: () => chunk(`pid ${process.pid}`),
  hang: () =>
    new Promise<void>((resolve) => {
      cancelNow = resolve;
      if (cancelled) resolve();
    }),
  deaf: () => new Promise<void>(() => {}),
  crash: () => {
    process.stderr.write('out of ideas, secret is hunter2-hunter2\n');
    process.exit(3);
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
};

const handlers: Record<string, (params: Json) => Json | Promise<Json | null> | null> = {
  initialize: () => {
    if (flags.has('silent')) return null;
    return {
      protocolVersion: flags.has('v2') ? 2 : 1,
      agentCapabilities: { loadSession: flags.has('load') },
      agentInfo: { name: 'scripted', version: '1' },
    };
  },
  'session/new': ({ mcpServers }) => {
    servers = mcpServers;
    if (flags.has('locked')) throw Object.assign(new Error('Authentication required'), { code: -32_000 });
    session = `agent-${process.pid}-${Date.now()}`;
    const models = {
      id: 'm',
      name: 'Model',
      category: 'model',
      type: 'select',
      currentValue: 'small',
      options: [
        { value: 'small', name: 'S' },
        { value: 'large', name: 'L' },
      ],
    };
    return { sessionId: session, ...(flags.has('models') ? { configOptions: [models] } : {}) };
  },
  'session/set_config_option': ({ configId, value }) => {
    if (value === 'huge') throw new Error('no such model');
    model = `${configId}=${value}`;
    return { configOptions: [] };
  },
  'session/load': async ({ sessionId }) => {
    session = sessionId;
    chunk('this was said before');
    return {};
  },
  'session/prompt': async ({ prompt }) => {
    cancelled = false;
    const text: string = prompt.map((block: Json) => block.text).join('');
    if (text.includes('echo the prompt')) chunk(text);
    // What was said before may stand in front of it.
    for (const word of text.split('\n\n').at(-1)!.split(/\s+/)) {
      const [name, ...rest] = word.split(':');
      await steps[name!]?.(rest.join(':'));
      if (cancelled) return { stopReason: 'cancelled' };
    }
    await drained();
    return { stopReason: 'end_turn', usage: { inputTokens: 10, outputTokens: 4, totalTokens: 14 } };
  },
};

if (flags.has('exit')) {
  process.stderr.write('no such model\n');
  process.exit(4);
}

for await (const line of console) {
  const { id, method, params, result, error } = JSON.parse(line) as Json;
  if (method === 'session/cancel') {
    cancelled = true;
    cancelNow();
  } else if (method === undefined) answers.get(id)?.(result ?? { error });
  else
    void Promise.try(() => handlers[method]?.(params))
      .then((value) => value && send({ id, result: value }))
      .catch((fault: { code?: number }) => send({ id, error: { code: fault.code ?? -32_603, message: String(fault) } }));
}
