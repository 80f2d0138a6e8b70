import { expect, test } from 'bun:test';
import { ToolObserver } from '../../src/areas/runtime/observe';
import type { EventDraft, EventRecord } from '../../src/kernel/context';
import { ZdError } from '../../src/kernel/error';
import type { ToolCall } from '../../src/kernel/tool';

const call: ToolCall = {
  tool: 'x'.repeat(500),
  args: { command: 'y'.repeat(500), secret: 'hush-hush' },
  caller: { via: 'mcp', label: null, scopes: ['*'], source: 'http' },
  requestId: 'r1',
};
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** An observer over a log that notes what it is told, and may refuse it. */
function observed(refuses = false) {
  const told: EventDraft[] = [];
  const append = (draft: EventDraft) => {
    told.push(draft);
    if (refuses) throw new ZdError('storage_full');
    return {} as EventRecord;
  };
  const write = async (work: () => void) => {
    writes.count++;
    work();
  };
  const writes = { count: 0 };
  return { told, writes, observer: new ToolObserver({ append }, write, silent as never) };
}

test('a call is told of in order, bounded, without its arguments, and nothing of it waits longer than a flush', () => {
  const { told, observer } = observed();
  const ended = observer.began(call);
  expect(told).toEqual([]);
  ended({ result: {} }, 12.6);
  observer.flush();
  expect(told.map(({ topic }) => topic)).toEqual(['tool_call_start', 'tool_call']);
  expect(told[1]!.data).toEqual({ tool: 'x'.repeat(100), command: 'y'.repeat(100), tool_call_id: 'r1', duration_ms: 13, success: true });
  expect(JSON.stringify(told)).not.toContain('hush-hush');
  observer.flush();
  expect(told).toHaveLength(2);
});

test('a refusal is the outcome of the call; a fault of zd is an error beside it', () => {
  const { told, observer } = observed();
  observer.began(call)({ error: new ZdError('no_such_key') }, 1);
  observer.began(call)({ error: new ZdError('internal') }, 1);
  observer.flush();
  expect(told.map(({ topic }) => topic)).toEqual(['tool_call_start', 'tool_call', 'tool_call_start', 'error', 'tool_call']);
  expect(told[1]!.data).toMatchObject({ success: false, error_code: 'no_such_key' });
  expect(told[3]!.data).toMatchObject({ component: 'mcp', tool_call_id: 'r1' });
  for (const { source, kind, visibility } of told) expect([source, kind, visibility]).toEqual(['observability', 'observability', undefined]);
});

test('a log that refuses harms no call', async () => {
  const { told, observer } = observed(true);
  observer.began(call)({ result: {} }, 1);
  observer.flush();
  await Promise.resolve();
  expect(told).toHaveLength(1);
  observer.flush();
  expect(told).toHaveLength(1);
});

test('what several calls have to tell is stored in one write', () => {
  const { told, writes, observer } = observed();
  for (let at = 0; at < 20; at++) observer.began(call)({ result: {} }, 1);
  observer.flush();
  expect(told).toHaveLength(40);
  expect(writes.count).toBe(1);
});
