import { beforeAll, expect } from 'bun:test';
import { startDaemon, type TestDaemon } from './daemon';

/** A daemon whose cache takes little, for the file that asks for it, and short ways to call it. */
export function smallCache() {
  let daemon: TestDaemon;
  let spaces = 0;
  beforeAll(async () => {
    daemon = await startDaemon({ config: '[cache]\nmax_value_bytes = 2000\nmax_key_bytes = 64\nmax_ns_bytes = 1600\nmax_ns_entries = 20\n' });
  });
  return {
    daemon: () => daemon,
    /** A namespace of its own for each test. */
    space: (): string => `t${++spaces}`,
    call: async (op: string, input: unknown) => (await daemon.call(op, input)).body,
    /** Status, code and, where there is one, the path of the refusal. */
    async fails(op: string, input: unknown) {
      const { status, body } = await daemon.call(op, input);
      expect(body.ok).toBe(false);
      expect(body.hint).toBeString();
      return [status, body.code, ...(body.path === undefined ? [] : [body.path])];
    },
  };
}
