import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { acquireInstance, isLocked, startToken } from '../../src/daemon/instance';
import { until } from '../helper/until';

const folder = mkdtempSync('/tmp/zd-lock-');
afterAll(() => rmSync(folder, { recursive: true }));

/** A process that tries for the lock, says what came of it and keeps it until it is killed. */
const CONTENDER = `
  import { acquireInstance } from ${JSON.stringify(resolve(import.meta.dir, '../../src/daemon/instance.ts'))};
  const lock = acquireInstance(process.argv[2]);
  console.log(lock ? 'won' : 'lost');
  if (lock) await Bun.sleep(60_000);
`;
const script = join(folder, 'contender.ts');
writeFileSync(script, CONTENDER);
const contend = (file: string) => Bun.spawn([process.execPath, script, file], { stdout: 'pipe', stderr: 'inherit' });

async function outcome(child: ReturnType<typeof contend>): Promise<string> {
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return new TextDecoder().decode(value).trim();
}

describe('the instance lock', () => {
  test('is held against another process, freed by its death, never by less', async () => {
    const file = join(folder, 'lock');
    const holder = contend(file);
    expect(await outcome(holder)).toBe('won');
    expect(acquireInstance(file)).toBeNull();
    expect(isLocked(file)).toBe(true);
    holder.kill('SIGKILL');
    await holder.exited;
    const lock = acquireInstance(file);
    expect(lock).not.toBeNull();
    expect(await outcome(contend(file))).toBe('lost');
    // Trying from within, as doctor does, leaves the lock in place.
    expect(isLocked(file)).toBe(true);
    expect(await outcome(contend(file))).toBe('lost');
    lock!.release();
    expect(isLocked(file)).toBe(false);
  });

  test('of many that try at once exactly one wins', async () => {
    const file = join(folder, 'race');
    const children = Array.from({ length: 8 }, () => contend(file));
    const outcomes = await Promise.all(children.map(outcome));
    expect(outcomes.toSorted()).toEqual([...Array<string>(7).fill('lost'), 'won']);
    for (const child of children) child.kill('SIGKILL');
  });
});

describe('process identity', () => {
  test('is stable for one process, differs from a later one, and is null for none', async () => {
    const own = startToken(process.pid);
    expect(own).toMatch(/\S/);
    expect(startToken(process.pid)).toBe(own!);
    const child = Bun.spawn(['sleep', '60']);
    expect(startToken(child.pid)).not.toBe(own!);
    child.kill();
    await child.exited;
    await until('the process is gone', () => startToken(child.pid) === null);
  });
});
