import { beforeAll, expect, test } from 'bun:test';
import { runZd, startDaemon, ZD, type TestDaemon } from '../helper/daemon';
import { Pty } from '../helper/pty';
import { scripted, sessionCalls } from '../helper/sessions';
import { until } from '../helper/until';
import { ViewerClient } from '../helper/viewer';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: scripted('agent') });
});
const { ok, open, say, begin, told, waitFor } = sessionCalls(() => daemon);
const piped = (stdin: string, ...args: string[]) => runZd(daemon.home, ['attach', ...args], { stdin });
const attached = (...args: string[]) => new Pty(daemon.home, [...ZD, 'attach', ...args], {}, { cols: 100, rows: 40 });
const shows = (pty: Pty, text: string | RegExp, from = 0) =>
  until(`${String(text)} in ${JSON.stringify(pty.shown.slice(from))}`, () =>
    typeof text === 'string' ? pty.shown.indexOf(text, from) !== -1 : text.test(pty.shown.slice(from)),
  );

test('a person sees what was, then what is, talks, and leaves', async () => {
  const id = await open('agent', { title: 'work' });
  await say(id, 'say:long_ago');
  const pty = attached('work');
  await shows(pty, /> say:long_ago\r\nlong ago/);
  pty.type('think:let_me tool:bash say:Hello\r');
  await shows(pty, /let me\r\n\* bash {"command":"ls"}\r\n {2}a\.txt\r\n {2}b\.txt\r\nHello/);
  // What was typed stands there already.
  expect(pty.shown.match(/think:let_me/g)).toHaveLength(1);
  await waitFor(id, 'idle');
  pty.type('/status\r');
  await shows(pty, new RegExp(`${id} \\(agent, default, thinking adaptive\\): idle, 20 \\+ 8 tokens, 1 connected`));
  pty.type('/thinking high\r');
  await shows(pty, 'thinking set to: high');
  pty.type('/frobnicate\r');
  await shows(pty, 'unknown command: frobnicate');
  pty.type('hang\r');
  await waitFor(id, 'running');
  pty.type('say:no\r');
  await shows(pty, 'already streaming');
  pty.type('/c\r');
  await shows(pty, 'the turn is over: cancelled');
  const from = pty.shown.length;
  pty.type('/h\r');
  await shows(pty, /history\r\n[^]*long ago[^]*Hello/, from);
  pty.type('/quit\r');
  expect(await pty.ended()).toBe(0);
  expect(pty.shown).toContain('come back with: zd attach');
});

test('a question is shown with its options and answered by a number, also one that waited before', async () => {
  const id = await open('agent');
  await begin(id, 'permission');
  await waitFor(id, 'waiting');
  const pty = attached(id);
  await shows(pty, /\? rm -r build {"command":"rm -r build"}\r\n {2}1 Allow {3}2 Reject/);
  pty.type('7\r');
  await shows(pty, 'there are 2 options');
  pty.type('2\r');
  await shows(pty, 'permission selected no');
  pty.type('permission\r');
  await waitFor(id, 'waiting');
  await ok('session_answer', { id, approval_id: `${id}.a2`, decision: 'allow' });
  await shows(pty, /answered yes by http\r\n/);
  pty.type('\u0004');
  expect(await pty.ended()).toBe(0);
});

test('what an agent says cannot drive the terminal, and long results are cut', async () => {
  const id = await open('agent');
  const pty = attached(id);
  await shows(pty, 'connected');
  pty.type('echo the prompt say:\u001b[2J\u0007evil\r');
  await shows(pty, /\\u001b\[2J/);
  expect(pty.shown.slice(pty.shown.indexOf('· '))).not.toContain('\u001b[2J');
  pty.type('\u0003');
  expect(await pty.ended()).toBe(130);
});

test('a script says its lines one after the other and has the answers on stdout', async () => {
  const id = await open('agent');
  const { code, stdout, stderr } = await piped('say:one tool:bash\n\nsay:two\npermission\n/allow\n', id);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'one\ntwo\npermission selected yes\n' });
  expect(stderr).toContain('* bash');
  expect((await told(id)).filter(({ type }) => type === 'user').map(({ data }) => data.content)).toEqual([
    'say:one tool:bash',
    'say:two',
    'permission',
  ]);
  expect(await piped('say:three crash\n', id)).toMatchObject({ code: 1, stdout: 'three\n' });
  const open_ = await piped('permission\n', id);
  expect(open_.code).toBe(1);
  expect(open_.stderr).toContain(`zd session answer ${id} ${id}.a2 allow`);
});

test('with --json every frame is a line as it came', async () => {
  const id = await open('agent');
  await say(id, 'say:before');
  const { code, stdout } = await piped('say:now\n/cancel\n', id, '--json', '--tail', '100');
  const frames = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(code).toBe(0);
  expect(frames[0]).toMatchObject({ type: 'attached', session_id: id, since: 0 });
  expect(frames.filter(({ type }) => type === 'text').map(({ content }) => content)).toEqual(['before', 'now']);
  expect(frames.at(-1)).toMatchObject({ type: 'system', message: 'canceled', cancelled: false });
  const seqs = frames.filter(({ seq, type }) => seq !== undefined && type !== 'live').map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, at) => at + 1));
});

test('without a name it is the newest open session; one that is not there is an error', async () => {
  const id = await open('agent');
  expect(JSON.parse((await piped('', '--json')).stdout.split('\n')[0]!)).toMatchObject({ session_id: id });
  const { code, stderr } = await piped('', 'nobody-at-all');
  expect(code).toBe(4);
  expect(stderr).toContain('nobody-at-all');
});

test('comes back after zd was killed, and misses nothing', async () => {
  const own = await startDaemon({ config: scripted('agent') });
  const calls = sessionCalls(() => own);
  const id = await calls.open('agent');
  const child = Bun.spawn([...ZD, 'attach', id, '--json', '--tail', '1000'], {
    env: { PATH: process.env.PATH!, HOME: own.home, ZD_HOME: own.home },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const decoder = new TextDecoder();
  let out = '';
  const reading = (async () => {
    for await (const chunk of child.stdout) out += decoder.decode(chunk, { stream: true });
  })();
  const seen = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  await until('attached', () => out.includes('"live"'));
  await calls.begin(id, 'slowly:100000');
  await until('some of it', () => seen().filter(({ type }) => type === 'text').length > 5);
  await own.kill();
  await own.restart();
  await until('back', () => seen().filter(({ type }) => type === 'attached').length === 2);
  await calls.say(id, 'say:again');
  await until('the new turn', () => seen().some(({ type, turn_id }) => type === 'done' && turn_id === `${id}.2`));
  const events = await calls.told(id);
  const seqs = seen()
    .filter(({ seq, type }) => seq !== undefined && type !== 'live')
    .map(({ seq }) => seq);
  expect(seqs).toEqual(events.map(({ seq }) => seq));
  child.stdin.end();
  expect(await child.exited).toBe(0);
  await reading;
  await own.stop();
});

test('who takes over is the only one who is heard', async () => {
  const id = await open('agent');
  const pty = attached(id, '--takeover');
  await shows(pty, 'connected');
  const other = await ViewerClient.open(daemon, { query: `?session=${id}` });
  expect(await other.ask({ type: 'message', content: 'say:no' })).toMatchObject({ code: 'not_owner' });
  pty.type('/mirror\r');
  await other.sees('free', ({ type, to }) => type === 'input_owner_changed' && to === null);
  expect(await other.ask({ type: 'message', content: 'say:yes' })).toMatchObject({ type: 'ack' });
  await shows(pty, /> say:yes\r\nyes/);
  other.close();
  pty.type('/q\r');
  expect(await pty.ended()).toBe(0);
});
