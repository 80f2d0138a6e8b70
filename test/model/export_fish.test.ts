import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Item } from '../../src/areas/export/item';
import { fish } from '../../src/areas/export/shell/fish';
import { quotedFish } from '../../src/areas/export/shell/quote';
import { items, plain, ran, SECONDS, text, value, way } from '../helper/hostile';
import { evaluate } from '../helper/shell';

/** fish takes ten times as long to start as the others. */
const RUNS = 40;

test(
  'fish: whatever the names and values are, nothing of them runs',
  async () => {
    await fc.assert(
      fc.asyncProperty(items, items, items, fc.boolean(), way, async (env, params, path, additive, how) => {
        const all = text('env', env, fish, additive) + text('params', params, fish, additive) + text('path', path, fish, additive);
        const { made, told, stderr } = await evaluate('fish', all, `builtin printf '%s\\0' over`, { way: how });
        expect([ran(made), told, /PWNED: command/.test(stderr) ? stderr : '']).toEqual([[], ['over'], '']);
      }),
      { numRuns: RUNS },
    );
  },
  SECONDS,
);

test(
  'fish: what can be said arrives as it was',
  async () => {
    const named = fc.uniqueArray(fc.tuple(fc.constantFrom('a1', 'b_2', '_c', 'D', 'e5'), value), { maxLength: 5, selector: ([key]) => key });
    await fc.assert(
      fc.asyncProperty(named, fc.array(value, { maxLength: 4 }), way, async (vars, list, how) => {
        const sayable = (each: string) => quotedFish(each) !== null;
        const array: Item = { key: 'arr', value: '', list, pairs: null };
        const kept = vars.filter(([, each]) => sayable(each));
        const env = vars.map(([key, each]) => plain(key, each));
        const ask = [...kept.map(([key]) => `builtin printf '%s\\0' "$${key}"`), `builtin printf '%s\\0' (count $arr) $arr`].join('\n');
        const { told, made } = await evaluate('fish', text('env', env, fish) + text('params', [array], fish), ask, { way: how });
        const arrived = list.every(sayable) ? list : [];
        expect(made).toEqual([]);
        expect(told).toEqual([...kept.map(([, each]) => each), String(arrived.length), ...arrived]);
      }),
      { numRuns: RUNS },
    );
  },
  SECONDS,
);
