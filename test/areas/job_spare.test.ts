import { expect, test } from 'bun:test';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { identify } from '../../src/kernel/process';
import { startDaemon } from '../helper/daemon';
import { JobRig, spareOf } from '../helper/jobs';
import { until } from '../helper/until';

const daemon = await startDaemon();
const jobs = new JobRig(daemon);

/** What a command tells when its wrapper was made for it, and when one was there before it. */
async function both(command: readonly string[], rest: Record<string, unknown> = {}): Promise<[object, object]> {
  const told: object[] = [];
  for (const spare of [false, true]) {
    await jobs.spare();
    // A start of its own is what a job with an environment of its own has.
    const id = await jobs.submit(command, spare ? rest : { ...rest, env: { MARK: 'x' } });
    const { state, exit_code, signal, error, leftovers } = await jobs.wait(id);
    expect(jobs.hadSpare(id)).toBe(spare);
    const text = (await jobs.text(id)).replaceAll(new RegExp(`\\b${id}\\b`, 'g'), 'ID').replace('MARK=x\n', '');
    told.push({ state, exit_code, signal, error, leftovers, text, err: await jobs.text(id, true) });
  }
  return told as [object, object];
}

const shell = (script: string) => ['/bin/sh', '-c', script];
const CASES: Record<string, readonly string[]> = {
  'its environment': shell('env | LC_ALL=C sort'),
  'words as they are': ['printf', '%s|', '', ' ', 'a b', "'", '"', '\\', '\\n', '$HOME', '`id`', '*', '-n', '.', '=', '=.', '\tx\t', ';', '#'],
  'its outputs': shell('echo out; echo err >&2'),
  'nothing to read': shell('cat; readlink /proc/self/fd/0'),
  'no other open file': shell('ls /proc/self/fd | wc -l'),
  'a session of its own': shell('[ "$(cut -d" " -f6 /proc/$PPID/stat)" = "$PPID" ] && echo own'),
  'its exit code': shell('exit 77'),
  'an end by signal': shell('kill -TERM $$'),
  'an end by a silent signal': shell('kill -INT $$'),
  'the handling of signals': shell('grep -E "Sig(Blk|Ign|Cgt)" /proc/self/status'),
  'what it leaves': shell('sleep 0.01 & exit 3'),
  'the mode of new files': shell('umask'),
};

test.each(Object.entries(CASES))('a wrapper that was there before its job makes no difference: %s', async (_, command) => {
  const [own, spare] = await both(command);
  expect(spare).toEqual(own);
});

test('its folder is the one that was asked for, also through a link', async () => {
  const root = `${daemon.home}/folders`;
  mkdirSync(`${root}/far/away`, { recursive: true });
  symlinkSync(`${root}/far/away`, `${root}/link`);
  writeFileSync(`${root}/far/here`, '');
  const [own, spare] = await both(shell('pwd -P; ls'), { cwd: `${root}/link/..` });
  expect(spare).toEqual(own);
  expect(spare).toMatchObject({ text: `${root}/far\naway\nhere\n` });
});

test('what a shell could read in another way gets a wrapper of its own', async () => {
  for (const command of [
    ['echo', 'ü'],
    ['echo', 'a\nb'],
    ['echo', '\u0001'],
    ['echo', 'x'.repeat(3000)],
  ]) {
    await jobs.spare();
    const id = await jobs.submit(command);
    expect(await jobs.wait(id)).toMatchObject({ exit_code: 0 });
    expect([await jobs.text(id), jobs.hadSpare(id)]).toEqual([`${command[1]}\n`, false]);
  }
  await jobs.spare();
  const id = await jobs.submit(['cat'], { stdin: 'to read' });
  await jobs.wait(id);
  expect([await jobs.text(id), jobs.hadSpare(id)]).toEqual(['to read', false]);
});

test('a job that is told to end at once ends, whether its wrapper has heard of it or not', async () => {
  for (let round = 0; round < 10; round++) {
    await jobs.spare();
    const id = await jobs.submit(['sleep', '1000']);
    expect(await jobs.ok('job_cancel', { id, grace_ms: 20_000 })).toMatchObject({ state: 'cancelled', exit_code: 143, leftovers: [] });
  }
});

test('a wrapper that is gone when its job comes is not missed', async () => {
  const pid = await jobs.spare();
  process.kill(pid, 'SIGKILL');
  await until('it is gone', () => identify(pid) === null);
  const id = await jobs.submit(['echo', 'here']);
  expect(await jobs.wait(id)).toMatchObject({ state: 'exited', exit_code: 0 });
  expect(await jobs.text(id)).toBe('here\n');
});

test('a folder that is gone when its job comes is not missed', async () => {
  await jobs.spare();
  rmSync(`${daemon.home}/jobs/spare`, { recursive: true });
  const id = await jobs.submit(['echo', 'here']);
  expect(await jobs.wait(id)).toMatchObject({ state: 'exited', exit_code: 0 });
  expect([await jobs.text(id), jobs.hadSpare(id)]).toEqual(['here\n', false]);
});

test('no wrapper stays behind when zd goes, however it goes', async () => {
  const other = await startDaemon();
  const rig = new JobRig(other);
  const first = await rig.spare();
  await other.kill();
  await until('it goes with the daemon', () => spareOf(other.home) === null);
  await other.restart();
  expect(await rig.spare()).not.toBe(first);
  await other.stop();
  await until('it goes with the daemon', () => spareOf(other.home) === null);
});
