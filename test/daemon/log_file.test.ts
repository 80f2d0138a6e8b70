import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LogFile } from '../../src/daemon/log_file';

const folder = mkdtempSync('/tmp/zd-log-');
afterAll(() => rmSync(folder, { recursive: true }));

function open(name: string, limits = { maxBytes: 100, maxFiles: 2 }) {
  const file = join(folder, name);
  return { file, limits, log: new LogFile(file, () => limits), lines: (at = file) => readFileSync(at, 'utf8').split('\n').filter(Boolean) };
}

describe('the log file', () => {
  test('rotates before a write would pass the limit, keeps so many files, loses no line', () => {
    const { file, log, lines } = open('rotating.log');
    for (let at = 0; at < 12; at++) {
      log.write('info', `line ${at}`.padEnd(30, '.'));
      log.flush();
    }
    log.close();
    const all = [`${file}.2`, `${file}.1`, file];
    expect(all.flatMap((each) => lines(each)).map((line) => /line (\d+)/.exec(line)![1])).toEqual(['3', '4', '5', '6', '7', '8', '9', '10', '11']);
    for (const each of all) expect([statSync(each).size <= 100, statSync(each).mode & 0o777]).toEqual([true, 0o600]);
    expect(existsSync(`${file}.3`)).toBe(false);
  });

  test('follows its limits while it runs', () => {
    const { file, limits, log } = open('live.log');
    log.write('info', 'x'.repeat(90));
    log.flush();
    limits.maxBytes = 1000;
    log.write('info', 'y'.repeat(90));
    log.flush();
    expect(existsSync(`${file}.1`)).toBe(false);
    Object.assign(limits, { maxBytes: 100, maxFiles: 0 });
    log.write('info', 'z');
    log.close();
    expect([existsSync(`${file}.1`), readFileSync(file, 'utf8')]).toEqual([false, 'z\n']);
  });

  test('rotation on demand, and what the files hold', async () => {
    const { log } = open('asked.log');
    log.write('info', 'one');
    log.write('info', 'two');
    expect(log.rotate()).toBe(1);
    log.write('info', 'three');
    expect(await log.stats()).toEqual([
      { name: 'asked.log', bytes: 6, lines: 1 },
      { name: 'asked.log.1', bytes: 8, lines: 2 },
    ]);
    log.close();
  });

  test('a file that was moved or removed is made anew', () => {
    const { file, log, lines } = open('moved.log');
    log.write('info', 'before');
    log.flush();
    renameSync(file, `${file}.away`);
    log.write('info', 'after');
    log.flush();
    expect(lines()).toEqual(['after']);
    rmSync(file);
    log.write('info', 'again');
    log.close();
    expect(lines()).toEqual(['again']);
  });

  test('lines of one turn leave together, without being asked', async () => {
    const { log, lines } = open('turn.log');
    log.write('info', 'a');
    log.write('info', 'b');
    await new Promise(setImmediate);
    expect(lines()).toEqual(['a', 'b']);
    log.close();
  });
});
