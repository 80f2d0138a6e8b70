import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { decodeFrames } from '../../src/cli/recorder/frames';
import { commandsIn } from '../../src/cli/recorder/words';

const bytes = (...texts: string[]) => new TextEncoder().encode(texts.map((text) => `${text}\0`).join(''));

describe('what a shell lists', () => {
  test('is split as the shell quoted it', () => {
    const words = (text: string) => commandsIn(text).map((each) => each.words);
    expect(words(`trap -- 'echo "it'\\''s"' EXIT\ncomplete -F _f git`)).toEqual([
      ['trap', '--', `echo "it's"`, 'EXIT'],
      ['complete', '-F', '_f', 'git'],
    ]);
    expect(words(`alias x='a\nb'\nalias y=$'t\\tn\\x41\\u0042\\103'`)).toEqual([
      ['alias', 'x=a\nb'],
      ['alias', 'y=t\tnABC'],
    ]);
    expect(words(`bindkey "^[\\"" self\\ insert`)).toEqual([['bindkey', '^["', 'self insert']]);
    expect(commandsIn(`bind --preset \\cx\\ct 'echo hi'`)[0]!.raw).toEqual(['bind', '--preset', '\\cx\\ct', `'echo hi'`]);
    expect(words(`broken 'never ends`)).toEqual([['broken', 'never ends']]);
  });

  test('whatever a real bash prints with %q comes back as it was', () => {
    const sample = fc.sample(fc.array(fc.string({ maxLength: 8, unit: 'grapheme-ascii' }), { minLength: 1, maxLength: 4 }), 60);
    for (const words of sample) {
      const printed = Bun.spawnSync(['bash', '-c', `printf '%q ' "$@"`, 'bash', ...words]).stdout.toString();
      expect(commandsIn(printed)[0]?.words ?? []).toEqual(words);
    }
  });
});

describe('frames', () => {
  test('come back as they were written, and anything else is none', () => {
    const text = fc.string({ unit: 'binary' }).map((each) => each.replaceAll('\0', ''));
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            text.filter((what) => what !== 'end'),
            text,
            text,
            fc.array(text),
          ),
        ),
        fc.nat(),
        (frames, cut) => {
          const whole = bytes(
            'zd-record-1',
            'n',
            ...frames.flatMap(([what, name, attrs, values]) => [what, name, attrs, String(values.length), ...values]),
            'end',
            'n',
          );
          expect(decodeFrames(whole, 'n')).toEqual(frames.map(([what, name, attrs, values]) => ({ what, name, attrs, values })));
          expect(decodeFrames(whole, 'other')).toBeNull();
          expect(decodeFrames(whole.subarray(0, cut % (whole.length - 1)), 'n')).toBeNull();
        },
      ),
      { numRuns: 60 },
    );
    for (const odd of [[], ['zd-record-1', 'n', 'a', 'b', 'c', '-1', 'end', 'n'], ['zd-record-1', 'n', 'a', 'b', 'c', '1e9', 'end', 'n']])
      expect(decodeFrames(bytes(...odd), 'n')).toBeNull();
  });
});
