import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { AcpUpdates } from '../../src/areas/session/acp_update';
import { join, PIECE_CHARS } from '../../src/areas/session/join';
import { Lines } from '../../src/areas/session/lines';
import { OpenaiUpdates, type Chunk } from '../../src/areas/session/openai_update';
import type { Update } from '../../src/areas/session/driver';
import type { Draft } from '../../src/areas/session/row';

const draft: fc.Arbitrary<Draft> = fc
  .record({
    type: fc.constantFrom('text' as const, 'thinking' as const, 'tool_result_delta' as const, 'plan' as const),
    turn: fc.constantFrom(1, 2),
    content: fc.oneof(fc.string({ maxLength: 5 }), fc.constant('😀'.repeat(PIECE_CHARS))),
    id: fc.constantFrom('a', 'b'),
    raw: fc.string({ minLength: 1, maxLength: 4 }),
  })
  .map(({ type, turn, content, id, raw }) => ({
    ...{ type, turn, raw },
    data: type === 'plan' ? { entries: [] } : type === 'tool_result_delta' ? { delta: content, tool_id: id } : { content, message_id: id },
  }));

test('joined pieces say the same in the same order, none is too long, none is cut within a character', () => {
  const said = (drafts: readonly Draft[]) =>
    drafts.reduce<[string, string][]>((all, { type, turn, data }) => {
      const key = `${type} ${turn} ${String(data.message_id ?? data.tool_id)}`;
      const text = String(data.content ?? data.delta ?? 'plan');
      const last = all.at(-1);
      if (last?.[0] === key && type !== 'plan') last[1] += text;
      else all.push([key, text]);
      return all;
    }, []);
  fc.assert(
    fc.property(fc.array(draft, { maxLength: 30 }), (drafts) => {
      const joined = join(drafts);
      expect(said(joined)).toEqual(said(drafts));
      const raws = (all: readonly Draft[]) => all.flatMap(({ raw }) => (raw ? raw.split('\n') : []));
      expect(raws(joined)).toEqual(raws(drafts));
      for (const { data } of joined) {
        const text = String(data.content ?? data.delta ?? '');
        expect(text.length).toBeLessThanOrEqual(PIECE_CHARS);
        expect(text.isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});

test('lines are the same however the bytes are cut', () => {
  const bytes = new TextEncoder();
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (texts, cuts) => {
      const wanted = texts.map((text) => text.replaceAll('\n', ' '));
      const whole = bytes.encode(wanted.map((text) => `${text}\n`).join(''));
      const lines = new Lines(1000);
      const found: string[] = [];
      for (let at = 0, n = 0; at < whole.length; n++) {
        const to = at + cuts[n % cuts.length]!;
        found.push(...lines.push(whole.subarray(at, to))!);
        at = to;
      }
      expect(found).toEqual(wanted);
    }),
  );
  expect(new Lines(10).push(bytes.encode('12345678901'))).toBeNull();
  expect(new Lines(10).push(bytes.encode('1234567890\n'))).toEqual(['1234567890']);
});

test('whatever an agent sends as an update becomes events of the vocabulary, with the line behind the first', () => {
  const kinds = [
    'agent_message_chunk',
    'agent_thought_chunk',
    'user_message_chunk',
    'tool_call',
    'tool_call_update',
    'plan',
    'usage_update',
    'notice',
    'new',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.record({ sessionUpdate: fc.constantFrom(...kinds), toolCallId: fc.anything(), content: fc.jsonValue(), status: fc.jsonValue() })),
      (updates) => {
        const translate = new AcpUpdates();
        for (const update of [...updates, null, 42, []]) {
          const events = translate.translate(update, 'raw');
          expect(events.length).toBeGreaterThan(0);
          expect(events.map(({ raw }) => raw)).toEqual(['raw', ...events.slice(1).map(() => undefined)]);
          for (const { data } of events) expect(JSON.parse(JSON.stringify(data))).toBeObject();
        }
      },
    ),
  );
});

test('a tool that is told in parts has one start, one use and one result', () => {
  const updates = new AcpUpdates();
  const tell = (update: object) => updates.translate({ toolCallId: 't', ...update }, 'raw').map(({ type, data }) => [type, data]);
  const text = (each: string) => [{ type: 'content', content: { type: 'text', text: each } }];
  expect(tell({ sessionUpdate: 'tool_call', title: 'Run', kind: 'execute' }).map(([type]) => type)).toEqual(['tool_use_start']);
  expect(tell({ sessionUpdate: 'tool_call_update', rawInput: { a: 1 } }).map(([type]) => type)).toEqual(['tool_use']);
  expect(tell({ sessionUpdate: 'tool_call_update', content: text('ab') })).toEqual([['tool_result_delta', { tool_id: 't', delta: 'ab' }]]);
  expect(tell({ sessionUpdate: 'tool_call_update', content: text('abc') })).toEqual([['tool_result_delta', { tool_id: 't', delta: 'c' }]]);
  expect(tell({ sessionUpdate: 'tool_call_update', title: 'Running' }).map(([type]) => type)).toEqual(['info']);
  expect(tell({ sessionUpdate: 'tool_call_update', status: 'failed' })).toEqual([
    ['tool_result', { tool_id: 't', tool_name: 'Run', result: 'abc', failed: true }],
  ]);
});

const odd = <T>(usual: fc.Arbitrary<T>) => fc.oneof(usual, fc.jsonValue());
const chunk = fc.record(
  {
    choices: odd(
      fc.array(
        odd(
          fc.record(
            {
              delta: odd(
                fc.record({ content: fc.jsonValue(), tool_calls: odd(fc.array(odd(fc.record({ index: fc.nat(2), function: fc.jsonValue() })))) }),
              ),
              finish_reason: fc.jsonValue(),
            },
            { requiredKeys: [] },
          ),
        ),
      ),
    ),
    usage: fc.jsonValue(),
    error: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

test('whatever an endpoint sends as a chunk is taken without a fault', () => {
  fc.assert(
    fc.property(fc.array(chunk), (values) => {
      const told: Update[] = [];
      const updates = new OpenaiUpdates('m', (update) => told.push(update));
      for (const value of values) updates.take(value as Chunk, JSON.stringify(value));
      expect(updates.end()).toBeString();
    }),
  );
});
