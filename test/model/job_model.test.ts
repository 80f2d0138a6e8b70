import { afterAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { backoff, isOver, outcomeOf, parseSignal, retries, STATES, succeeded, type End, type Stop } from '../../src/areas/job/model';
import { decode, JobFolders, wholeCharacters } from '../../src/areas/job/output';
import { readStatus, takeStart } from '../../src/areas/job/wrapper';
import { commandLine } from '../../src/cli/job_text';

const root = mkdtempSync('/tmp/zd-jobs-');
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ends: fc.Arbitrary<End> = fc.oneof(
  fc.record({ kind: fc.constant('status' as const), code: fc.nat(255), signalled: fc.boolean() }),
  fc.record({ kind: fc.constant('signal' as const), signal: fc.integer({ min: 1, max: 31 }) }),
  fc.record({ kind: fc.constant('failed' as const), message: fc.string() }),
  fc.record({ kind: fc.constant('unknown' as const), message: fc.string(), ordered: fc.boolean() }),
);
const stops = fc.constantFrom<Stop | null>(null, 'cancelled', 'timed_out', 'killed');

test('every end is an end, a code is never made up, and success is exit 0 alone', () => {
  fc.assert(
    fc.property(ends, stops, (end, stop) => {
      const outcome = outcomeOf(end, stop);
      expect(isOver(outcome.state)).toBe(true);
      if (end.kind === 'status') expect(outcome.exitCode).toBe(end.code);
      if (end.kind === 'signal') expect(outcome.exitCode).toBe(128 + end.signal);
      if (end.kind === 'failed' || end.kind === 'unknown') expect(outcome.exitCode).toBeNull();
      if (end.kind === 'unknown' && !(end.ordered && stop)) expect(outcome.state).toBe('interrupted');
      expect(succeeded(outcome)).toBe(end.kind === 'status' && end.code === 0 && stop !== 'timed_out');
      if (outcome.state === 'exited') expect(end.kind).toBe('status');
      if (stop === 'timed_out' && end.kind !== 'failed' && end.kind !== 'unknown') expect(outcome.state).toBe('timed_out');
    }),
  );
  expect(outcomeOf({ kind: 'status', code: 143, signalled: false }, null)).toMatchObject({ state: 'exited', signal: null });
  expect(outcomeOf({ kind: 'status', code: 143, signalled: true }, null)).toMatchObject({ state: 'killed', signal: 15 });
  expect(outcomeOf({ kind: 'status', code: 0, signalled: false }, 'cancelled').state).toBe('exited');
});

test('retries come after failures only, and never more than allowed', () => {
  fc.assert(
    fc.property(ends, stops, fc.integer({ min: 1, max: 20 }), fc.nat(20), (end, stop, attempt, allowed) => {
      const again = retries(outcomeOf(end, stop), stop, attempt, allowed);
      if (attempt > allowed || succeeded(outcomeOf(end, stop)) || stop === 'cancelled' || stop === 'killed') expect(again).toBe(false);
      if (outcomeOf(end, stop).state === 'interrupted') expect(again).toBe(false);
    }),
  );
  expect([1, 2, 3, 4].map((attempt) => backoff(1000, attempt))).toEqual([1000, 2000, 4000, 8000]);
  expect(backoff(1000, 1000)).toBe(3_600_000);
  expect(STATES.filter((state) => !isOver(state))).toEqual(['queued', 'running', 'paused']);
});

test('signals have the names people use, and no numbers', () => {
  expect(['TERM', 'term', 'SIGTERM', 'Usr1'].map(parseSignal)).toEqual(['TERM', 'TERM', 'TERM', 'USR1']);
  expect(['sigterm', '15', '', 'SIG', 'SIGSIGTERM', 'CHLD'].map(parseSignal)).toEqual([null, null, null, null, null, null]);
});

test('reading in pieces gives every character whole and every byte once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 4, max: 9 }), (text, piece) => {
      const bytes = Buffer.from(text.toWellFormed());
      let said = '';
      for (let at = 0; at < bytes.length;) {
        const part = bytes.subarray(at, at + piece);
        const whole = at + part.length === bytes.length ? part.length : wholeCharacters(part);
        expect(whole).toBeGreaterThan(0);
        const decoded = decode(part.subarray(0, whole));
        expect(decoded).not.toBeNull();
        said += decoded;
        at += whole;
      }
      expect(said).toBe(text.toWellFormed());
    }),
  );
});

test('the last lines are those a person would count', () => {
  const folders = new JobFolders(`${root}/lines`);
  folders.make(1);
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'bb', '', 'c'.repeat(70_000)), { maxLength: 6 }), fc.boolean(), fc.nat(8), (lines, closed, count) => {
      const text = lines.join('\n') + (closed && lines.length > 0 ? '\n' : '');
      writeFileSync(folders.file(1, 'stdout'), text);
      const all = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text === '' ? [] : text.split('\n');
      const expected = count === 0 ? '' : all.slice(-count).join('\n') + (text.endsWith('\n') ? '\n' : '');
      expect(text.slice(folders.lastLines(1, 'stdout', count, 0))).toBe(all.length === 0 ? '' : expected);
    }),
    { numRuns: 60 },
  );
});

test('a record of a start is believed only when it is whole', () => {
  const write = (text: string) => writeFileSync(`${root}/run.1`, text);
  for (const part of ['', '12', '123\n', '123\nTerminated\n', '123\nTerminated\nexit 14', '123\nexit', 'taken\n']) {
    write(part);
    expect([part, readStatus(root, 1)]).toEqual([part, null]);
  }
  write('123\nTerminated\nexit 143\n');
  expect(readStatus(root, 1)).toEqual({ kind: 'status', code: 143, signalled: true });
  write('123\nexit 143\n');
  expect([readStatus(root, 1), takeStart(root, 1)]).toEqual([
    { kind: 'status', code: 143, signalled: false },
    { pid: 123, mark: root },
  ]);
  write('123 a1-b2\nexit 7\n');
  expect([readStatus(root, 1), takeStart(root, 1)]).toEqual([
    { kind: 'status', code: 7, signalled: false },
    { pid: 123, mark: 'a1-b2' },
  ]);
  write('12');
  expect(takeStart(root, 1)).toBeNull();
  expect([takeStart(root, 2), takeStart(root, 2), takeStart(`${root}/none`, 1)]).toEqual(['none', 'none', 'none']);
});

test('a shown command line is read by a shell as the words it was', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '$', '\\', '*', '\n', 'ü', '-') }), { minLength: 1, maxLength: 4 }),
      (words) => {
        const ran = Bun.spawnSync(['/bin/sh', '-c', `printf '%s\\001' ${commandLine(words)}`]);
        expect(ran.stdout.toString()).toBe(words.map((word) => `${word}\u0001`).join(''));
      },
    ),
    { numRuns: 30 },
  );
});
