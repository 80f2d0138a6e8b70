import { expect, test } from 'bun:test';
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followLog, lastLines } from '../../src/cli/log_reader';
import { runZd, startDaemon, tempHome } from '../helper/daemon';
import { until } from '../helper/until';

test('the last lines reach back into rotated files; an unfinished line is left out', () => {
  const log = join(tempHome(), 'zd.log');
  writeFileSync(`${log}.2`, '1\n2\n');
  writeFileSync(`${log}.1`, '3\n4\n');
  writeFileSync(log, '5\n6\n7 is under way');
  expect(lastLines(log, 3).shown).toEqual(['4', '5', '6']);
  expect(lastLines(log, 99).shown).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(lastLines(log, 0).shown).toEqual([]);
  expect(lastLines(log, 1).position.offset).toBe(4);
});

test('following loses and doubles nothing across rotations, however many between two looks', async () => {
  const log = join(tempHome(), 'zd.log');
  const stop = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const line of followLog(log, lastLines(log, 0).position, stop.signal)) seen.push(line);
  })();
  const rotate = () => {
    rmSync(`${log}.4`, { force: true });
    for (const number of [3, 2, 1]) if (Bun.file(`${log}.${number}`).size > 0) renameSync(`${log}.${number}`, `${log}.${number + 1}`);
    renameSync(log, `${log}.1`);
  };
  let next = 0;
  const expected: string[] = [];
  const write = (count: number) => {
    for (let at = 0; at < count; at++) {
      expected.push(String(next));
      appendFileSync(log, `${next++}\n`);
    }
  };
  write(3);
  await until('the first file was read', () => seen.length === 3);
  for (const rotations of [1, 2, 3, 0, 1]) {
    write(2);
    for (let at = 0; at < rotations; at++) {
      rotate();
      write(2);
    }
    await until(`${expected.length} lines`, () => seen.length >= expected.length);
  }
  stop.abort();
  await reading;
  expect(seen).toEqual(expected);
});

test('zd logs prints what the daemon wrote, by level, and works when it is down', async () => {
  const daemon = await startDaemon();
  const all = await daemon.zd('logs');
  expect(all.code).toBe(0);
  expect(all.stdout).toBe(daemon.log().split('\n').slice(-51).join('\n'));
  expect((await daemon.zd('logs', '-n', '1')).stdout.split('\n')).toHaveLength(2);
  expect((await daemon.zd('logs', '--level', 'error')).stdout).toBe('');
  await daemon.stop();
  expect((await daemon.zd('logs', '-n1')).stdout).toContain('"msg":"stopped"');
  expect((await runZd(tempHome(), ['logs'])).code).toBe(4);
});
