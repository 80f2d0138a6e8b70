import { beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, tempHome, type TestDaemon } from '../helper/daemon';
import { isRunning, scripted, sessionCalls, textOf } from '../helper/sessions';
import { until } from '../helper/until';

let daemon: TestDaemon;
/** Its times are short. Only what waits for one of them to run out is asked of it: what else works would have to be quick on any machine. */
let hasty: TestDaemon;
const home = tempHome();
const work = join(home, 'work');
beforeAll(async () => {
  mkdirSync(work);
  daemon = await startDaemon({
    home,
    config: [
      scripted('agent', [], 'env = { SECRET = "hunter2-hunter2" }'),
      scripted('files', [], 'fs = "write"'),
      scripted('loader', ['load']),
      scripted('leaver', ['exit']),
      scripted('newer', ['v2']),
      scripted('stranger', ['locked']),
      scripted('chooser', ['models']),
    ].join('\n'),
  });
  const times = '[session]\nstart_secs = 10\nidle_secs = 5\napproval_secs = 2';
  hasty = await startDaemon({ config: [scripted('agent'), scripted('silent', ['silent']), times].join('\n') });
});
const calls = sessionCalls(() => daemon);
const { ok, open, say, told } = calls;
const hastyCalls = sessionCalls(() => hasty);

/** How a turn failed, and that zd and the other sessions did not mind. */
async function failure(id: string, text: string, { open, begin, say, told, waitFor } = calls) {
  const beside = await open('agent');
  const other = begin(beside, 'slowly:20');
  const { error, turn_id, state } = await say(id, text);
  expect(state).toBe('idle');
  const events = (await told(id)).filter((event) => event.turn_id === turn_id);
  expect(events.at(-1)).toMatchObject({ type: 'error', data: { reason: error.reason } });
  await other;
  await waitFor(beside, 'idle');
  expect((await told(beside)).at(-1)!.type).toBe('done');
  return error as { reason: string; message: string };
}

describe('an agent', () => {
  test('gets the environment it is configured with and none of the secrets of zd', async () => {
    const id = await open('agent');
    expect((await say(id, 'env:SECRET')).answer).toBe('SECRET=hunter2-hunter2');
    expect((await say(id, 'env:ZD_OP_TRACE')).answer).toBe('ZD_OP_TRACE=unset');
    expect((await say(id, 'env:ZD_SESSION_ID')).answer).toBe(`ZD_SESSION_ID=${id}`);
  });

  test('reads and writes files of its folder only, and only when it may', async () => {
    writeFileSync(join(work, 'in.txt'), 'inside');
    writeFileSync(join(home, 'secret.txt'), 'outside');
    symlinkSync(join(home, 'secret.txt'), join(work, 'link.txt'));
    const id = await open('files', { cwd: work });
    expect((await say(id, `read:${work}/in.txt`)).answer).toBe('read {"content":"inside"}');
    for (const path of [`${home}/secret.txt`, `${work}/link.txt`, `${work}/../secret.txt`]) {
      const { answer } = await say(id, `read:${path}`);
      expect(answer).toContain('error');
      expect(answer).not.toContain('"outside"');
    }
    expect((await say(id, `write:${work}/new.txt`)).answer).toBe('write {}');
    expect(readFileSync(join(work, 'new.txt'), 'utf8')).toBe('written');
    expect((await say(id, `write:${work}/link.txt`)).answer).toContain('error');
    expect(readFileSync(join(home, 'secret.txt'), 'utf8')).toBe('outside');
    const without = await open('agent', { cwd: work });
    expect((await say(without, `read:${work}/in.txt`)).answer).toContain('-32601');
  });
});

describe('the model a session wants', () => {
  test('is chosen where the agent offers it; otherwise it is said that it is not', async () => {
    const id = await open('chooser', { model: 'large' });
    expect((await say(id, 'model')).answer).toBe('m=large');
    const notices = async (session: string) => (await told(session)).filter(({ type }) => type === 'notice').map(({ data }) => data.text);
    expect(await notices(id)).toEqual([]);
    const wrong = await open('chooser', { model: 'huge' });
    expect((await say(wrong, 'model')).answer).toBe('none');
    expect(await notices(wrong)).toEqual(['The agent does not take huge as its model.']);
    const without = await open('agent', { model: 'large' });
    await say(without, 'say:x');
    await say(without, 'say:y');
    expect(await notices(without)).toEqual(['The agent lets nobody choose its model.']);
  });
});

describe('an agent that fails', () => {
  test('by crashing in a turn ends the turn, says how, and keeps what was said; secrets stay out', async () => {
    const id = await open('agent');
    const error = await failure(id, 'say:half_of_it crash');
    expect(error).toEqual({ reason: 'exited', message: 'The agent ended with exit code 3: out of ideas, secret is ***' });
    expect(textOf(await told(id))).toBe('half of it');
    expect((await failure(id, 'die')).message).toBe('The agent ended by SIGKILL.');
  });

  test('is started again, and told what was said when it cannot load it itself', async () => {
    const id = await open('agent');
    await say(id, 'say:the_number_is_seven');
    await say(id, 'crash');
    const { answer } = await say(id, 'echo the prompt');
    expect(answer).toContain('<assistant>\nthe number is seven\n</assistant>');
    expect(answer).toEndWith('echo the prompt');
    // It knows by now.
    expect((await say(id, 'echo the prompt')).answer).toBe('echo the prompt');
  });

  test('loads the session where it can; what it repeats is not stored twice', async () => {
    const id = await open('loader');
    await say(id, 'say:first');
    await say(id, 'crash');
    expect((await say(id, 'echo the prompt')).answer).toBe('echo the prompt');
    expect(textOf(await told(id))).toBe('firstecho the prompt');
  });

  test('by never answering initialize, by leaving at once, by speaking another version', async () => {
    expect(await failure(await hastyCalls.open('silent'), 'say:x', hastyCalls)).toEqual({
      reason: 'initialize_timeout',
      message: 'The agent was not ready within 10 seconds.',
    });
    expect(await failure(await open('leaver'), 'say:x')).toEqual({ reason: 'exited', message: 'The agent ended with exit code 4: no such model' });
    expect(await failure(await open('newer'), 'say:x')).toMatchObject({ reason: 'protocol' });
    expect(await failure(await open('stranger'), 'say:x')).toMatchObject({ reason: 'refused' });
  });

  test('by printing what is no message goes on, and it is said once', async () => {
    const id = await open('agent');
    expect((await say(id, 'garbage:1000 say:still_here')).answer).toBe('still here');
    const notices = (await told(id)).filter(({ type }) => type === 'notice');
    expect(notices.map(({ data }) => data.text)).toEqual(['The agent wrote a line that is no message: this is no message 0']);
  });

  test('by flooding stderr goes on', async () => {
    const id = await open('agent');
    expect((await say(id, 'stderr:20 say:done')).answer).toBe('done');
  });

  test('by a line without an end is ended', async () => {
    const id = await open('agent');
    expect(await failure(id, `line:${17 * 1024 * 1024}`)).toEqual({
      reason: 'protocol',
      message: 'The agent wrote a line of more than 16777216 bytes.',
    });
  });

  test('by silence is given up, and what it started is ended', async () => {
    const { open, begin, told, waitFor } = hastyCalls;
    const id = await open('agent');
    const turn = begin(id, 'child deaf');
    const child = await until('its child', async () => /child (\d+)/.exec(textOf(await told(id)))?.[1]);
    await turn;
    await waitFor(id, 'idle');
    expect((await told(id)).at(-1)).toMatchObject({ type: 'error', data: { reason: 'idle' } });
    await until('its child is gone', () => !isRunning(Number(child)));
  });

  test('whose question nobody answers is refused in time', async () => {
    const { open, say, told, waitFor } = hastyCalls;
    const id = await open('agent');
    await say(id, 'permission');
    await waitFor(id, 'idle');
    const events = await told(id);
    expect(events.find(({ type }) => type === 'approval_resolved')!.data).toMatchObject({ outcome: 'expired', option_id: null });
    expect(textOf(events)).toBe('permission cancelled ');
  });

  test('between turns is said, and the next turn starts it again', async () => {
    const id = await open('agent');
    await say(id, 'say:x');
    const { pid } = await ok('session_info', { id });
    process.kill(pid, 'SIGKILL');
    await until('it is told', async () => (await told(id)).some(({ type, turn_id }) => type === 'notice' && turn_id === null));
    expect((await ok('session_info', { id })).pid).toBeNull();
    expect((await say(id, 'say:again')).answer).toBe('again');
  });
});
