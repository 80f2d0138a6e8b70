import { beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { cleanEnv, startDaemon, tempHome, type TestDaemon } from '../helper/daemon';
import { ClockedDaemon } from '../helper/daemon_clock';
import { isRunning, scripted, sessionCalls } from '../helper/sessions';
import { until } from '../helper/until';

const home = tempHome();
const file = (name: string) => join(home, name);
/** Notes what it was given, in a file. */
const NOTES = JSON.stringify(['sh', '-c', `echo "$ZD_SESSION_ID $ZD_SESSION_AGENT $ZD_SESSION_REASON $PWD" >> ${file('ended')}`]);
const STAYS = JSON.stringify(['sh', '-c', `sleep 600 & echo $! > ${file('stays')}; wait`]);

let daemon: TestDaemon;
beforeAll(async () => {
  const config = [
    scripted('agent', [], `end_hooks = [["/no/such/program"], ["false"], ${NOTES}]`),
    scripted('slow', [], `end_hooks = [${STAYS}]`),
    scripted('tools', [], 'mcp = ["cache"]'),
    scripted('leaver', ['exit']),
    scripted('runner', [], 'terminal = true'),
  ];
  daemon = await startDaemon({ home, config: config.join('\n') });
});
const { ok, open, say, waitFor } = sessionCalls(() => daemon);

describe('an agent that fails to start again and again', () => {
  test('is left alone for a while, which is told, and tried again behind it', async () => {
    const clock = new ClockedDaemon();
    clock.shift(0);
    const own = await clock.start({ config: [scripted('agent'), scripted('leaver', ['exit'])].join('\n') });
    const { ok, open, say, told } = sessionCalls(() => own);
    const id = await open('leaver');
    for (let n = 0; n < 3; n++) expect((await say(id, 'say:x')).error).toMatchObject({ reason: 'exited' });
    clock.shift(-3_600_000);
    const { agent_retry_at_ns } = await ok('session_info', { id });
    expect(agent_retry_at_ns).toBeGreaterThan(0);
    const { error } = await say(id, 'say:x');
    expect(error).toMatchObject({ reason: 'backing_off', message: expect.stringContaining('3 times in a row') });
    expect((await told(id)).at(-1)).toMatchObject({ type: 'error', data: { reason: 'backing_off' } });
    clock.shift(3_600_000);
    expect((await ok('session_info', { id })).agent_retry_at_ns).toBeNull();
    expect((await say(id, 'say:x')).error).toMatchObject({ reason: 'exited' });
    clock.shift(0);
    expect((await ok('session_info', { id })).agent_retry_at_ns).toBeGreaterThan(agent_retry_at_ns);
    const other = await open('agent');
    expect((await say(other, 'say:x')).answer).toBe('x');
  });
});

describe('zd as a server of tools', () => {
  test('is told to an agent that is to have it, and found by what it was told', async () => {
    expect((await say(await open('agent'), 'servers')).answer).toBe('[]');
    const { answer } = await say(await open('tools'), 'servers');
    const [{ name, command, args, env }] = JSON.parse(answer);
    expect([name, args.at(-1)]).toEqual(['zd', 'cache']);
    const named = Object.fromEntries(env.map((each: { name: string; value: string }) => [each.name, each.value]));
    const { ZD_HOME: _, ...bare } = cleanEnv(home);
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StdioClientTransport({ command, args, env: { ...bare, ...named }, cwd: '/' }));
    const names = (await client.listTools()).tools.map((tool) => tool.name);
    await client.close();
    expect(names).toContain('cache_put');
    expect(names).not.toContain('session_prompt');
  });
});

describe('programs an agent has zd run', () => {
  const line = (...words: string[]) => JSON.stringify(words).replaceAll(' ', '_');

  test('are jobs of its session, and it gets the end of what they wrote, and how they ended', async () => {
    const id = await open('runner');
    const { answer } = await say(id, `run:${line('sh', '-c', 'echo the beginning; echo the very end >&2; exit 3')}`);
    const [ran, then] = answer.slice('run '.length).split(' then ');
    expect(JSON.parse(ran)).toEqual({ output: 'ning\nthe very end\n', truncated: true, exitStatus: { exitCode: 3, signal: null } });
    expect(then).toContain('no such terminal');
    const { jobs } = await ok('job_list', { tag: `session:${id}` });
    expect(jobs).toMatchObject([{ cwd: home, pty: true }]);
  });

  test('end with their agent', async () => {
    const id = await open('runner');
    const { answer } = await say(id, `leave:${line('sleep', '600')}`);
    const job = { id: Number(answer.slice(1)) };
    await until('it runs', async () => (await ok('job_status', job)).job.state === 'running');
    await ok('session_close', { id });
    await until('it is over', async () => (await ok('job_status', job)).job.state === 'cancelled');
  });

  test('are refused to an agent that may not, and a program that is not there is an error', async () => {
    expect((await say(await open('agent'), `run:${line('true')}`)).answer).toContain('-32601');
    expect((await say(await open('runner'), `run:${line('/no/such/program')}`)).answer).toContain('run {"code":');
  });
});

describe('hooks at the end of a session', () => {
  test('run when it is closed, where it worked, and know why; one that fails harms nothing', async () => {
    const id = await open('agent');
    await ok('session_close', { id });
    expect(readFileSync(file('ended'), 'utf8')).toBe(`${id} agent closed ${home}\n`);
    expect((await ok('session_info', { id })).state).toBe('closed');
  });

  test('run when zd stops, within their time, and what is late ends with all it started', async () => {
    const [quick, late] = [await open('agent'), await open('slow')];
    await say(quick, 'say:x');
    await say(late, 'say:x');
    await waitFor(late, 'idle');
    // The hook alone would take ten minutes.
    await daemon.stop();
    expect(readFileSync(file('ended'), 'utf8')).toContain(`${quick} agent stopped ${home}\n`);
    expect(existsSync(file('stays'))).toBe(true);
    await until('the child of the hook is gone', () => !isRunning(Number(readFileSync(file('stays'), 'utf8'))));
    await daemon.restart();
    expect((await say(late, 'say:again')).answer).toBe('again');
  });
});
