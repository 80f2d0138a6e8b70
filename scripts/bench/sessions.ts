import { join } from 'node:path';
import { call } from './call';
import type { Bench } from './context';
import { resident } from './resident';
import { startZd, type Server } from './servers';
import { interleaved, median, quantile } from './statistics';

const SECTION = 'Sessions with agents';
/** What an agent says comes from a scripted one: what a model needs is not measured. */
const AGENT = join(import.meta.dir, '../../test/helper/scripted_agent.ts');
const CONFIG = `[agents.scripted]\ndriver = "acp"\ncommand = ${JSON.stringify([process.execPath, AGENT])}\n[session]\nmax_bytes = 1000000000\n`;
const VIEWERS = 50;
const EVENTS = 100_000;
const TAIL = 1000;
const TURN_MB = 10;
/** Further prompts of a session behind the one that starts the agent. */
const PROMPTS = 40;
const PAUSE_MS = 60;

/** Agents at work: how soon a viewer sees what one wrote, how soon it is live in a long session, and what a long turn costs. */
export async function sessions({ binary, rounds, found }: Bench): Promise<void> {
  await using zd = await startZd(binary, CONFIG);
  const row = (name: string, value: number, unit: string, limit: number, detail = ''): void => {
    found.rows.push({ section: SECTION, name, value: `${value.toFixed(1)}${unit}`, number: value, detail });
    found.bars.push({ name, measured: value, limit, sense: 'at most', unit });
  };
  const firsts = (await interleaved(rounds, { first: () => firstChunks(zd) })).first!;
  const p99 = median(firsts.map((each) => quantile(each, 0.99)));
  row('the agent wrote its first chunk → a viewer has it', median(firsts.map((each) => quantile(each, 0.5))), ' ms', 15, `p99 ${p99.toFixed(1)} ms`);

  const long = await talk(zd, `novels:${EVENTS}`);
  const attached = await interleaved(rounds, { tail: () => untilLive(zd, long, { tail: TAIL }), all: () => untilLive(zd, long, { since: 0 }) });
  row(
    `attach to ${EVENTS.toLocaleString('en-US')} events with the last ${TAIL.toLocaleString('en-US')}, until live`,
    median(attached.tail!),
    ' ms',
    300,
  );
  const all = median(attached.all!);
  found.rows.push({ section: SECTION, name: 'the same with all of them', value: `${all.toFixed(0)} ms`, number: all });

  row(`transcripts of ${VIEWERS} viewers that differ`, await differing(zd), '', 0);
  const before = resident(zd.pid);
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, resident(zd.pid))), 20);
  await talk(zd, `flood:${TURN_MB}`);
  clearInterval(looking);
  if (Number.isFinite(before)) row(`memory that a turn of ${TURN_MB} MB adds`, most - before, ' MB', 100);
}

async function open(zd: Server): Promise<string> {
  const { session_id } = await call<{ session_id: string }>(zd, 'session_new', { agent: 'scripted', cwd: zd.home });
  return session_id;
}

async function say(zd: Server, id: string, text: string): Promise<void> {
  const { error } = await call<{ error: { message: string } | null }>(zd, 'session_prompt', { id, text, wait_secs: 600 });
  if (error) throw new Error(error.message);
}

/** A session of one turn; its agent is ended. */
async function talk(zd: Server, text: string): Promise<string> {
  const id = await open(zd);
  await say(zd, id, text);
  return id;
}

interface Frame {
  readonly type: string;
  readonly seq?: number;
  readonly content?: string;
}

/** One viewer: `on` gets each frame as it came, and when. */
async function viewer(zd: Server, on: (text: string, at: number) => void): Promise<WebSocket> {
  const socket = new WebSocket(`ws+unix://${zd.unix.unix}:/ws`);
  socket.onmessage = ({ data }) => on(data as string, performance.timeOrigin + performance.now());
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error('zd refused a viewer'));
  });
  return socket;
}

/** Milliseconds, sorted. The agent says when it wrote. */
async function firstChunks(zd: Server): Promise<Float64Array> {
  const id = await talk(zd, 'say:started');
  const taken: number[] = [];
  const socket = await viewer(zd, (text, at) => {
    const { type, content } = JSON.parse(text) as Frame;
    if (type === 'text') taken.push(at - Number(content!.slice(content!.indexOf('.') + 1)));
  });
  socket.send(JSON.stringify({ type: 'attach', session: id }));
  for (let n = 0; n < PROMPTS; n++) {
    await say(zd, id, 'clock');
    await Bun.sleep(PAUSE_MS);
  }
  socket.close();
  if (taken.length !== PROMPTS) throw new Error(`a viewer saw ${taken.length} of ${PROMPTS} first chunks`);
  return Float64Array.from(taken).sort();
}

/** From the first byte to the newest event, in milliseconds. */
async function untilLive(zd: Server, id: string, from: object): Promise<number> {
  const { last_seq } = await call<{ last_seq: number }>(zd, 'session_info', { id });
  const live = Promise.withResolvers<void>();
  const newest = `"seq":${last_seq}`;
  const started = performance.now();
  const socket = await viewer(zd, (text) => text.includes(newest) && !text.startsWith('{"type":"attached"') && live.resolve());
  socket.send(JSON.stringify({ type: 'attach', session: id, ...from }));
  await live.promise;
  const millis = performance.now() - started;
  socket.close();
  return millis;
}

/** Viewers whose transcript is not that of the first. */
async function differing(zd: Server): Promise<number> {
  const id = await open(zd);
  const seen = Array.from({ length: VIEWERS }, () => [] as string[]);
  const sockets = await Promise.all(
    seen.map(async (frames) => {
      const attached = Promise.withResolvers<void>();
      const socket = await viewer(zd, (text) => {
        const { type, seq } = JSON.parse(text) as Frame;
        if (type === 'attached') attached.resolve();
        else if (seq !== undefined && type !== 'live') frames.push(text);
      });
      socket.send(JSON.stringify({ type: 'attach', session: id }));
      await attached.promise;
      return socket;
    }),
  );
  await say(zd, id, 'think:so slowly:100 tool:bash chunks:500 say:end');
  const over = () => seen.every((frames) => frames.at(-1)?.includes('"type":"done"'));
  for (const end = performance.now() + 10_000; !over() && performance.now() < end;) await Bun.sleep(20);
  for (const socket of sockets) socket.close();
  return seen.filter((frames) => frames.length === 0 || frames.join('\n') !== seen[0]!.join('\n')).length;
}
