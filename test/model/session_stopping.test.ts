import { expect, test } from 'bun:test';
import { stopHosts } from '../../src/areas/session/stopping';
import type { Logger } from '../../src/kernel/log';

test('a stop stores, tells the viewers, then ends the agents and runs the hooks; what fails or hangs is reported and holds nothing up', async () => {
  const did: string[] = [];
  const errors: string[] = [];
  const log = { error: (message: string) => errors.push(message) } as unknown as Logger;
  const well = { save: async () => void did.push('save'), farewell: async () => void did.push('farewell') };
  const broken = { save: () => Promise.reject(new Error('disk')), farewell: async () => void did.push('farewell') };
  const stuck = { save: () => new Promise<void>(() => {}), farewell: async () => void did.push('farewell') };
  const hook = async () => void did.push('hook');
  await stopHosts([well, broken], () => did.push('told'), hook, log);
  expect({ did, errors }).toEqual({
    did: ['save', 'told', 'farewell', 'farewell', 'hook', 'hook'],
    errors: ['session: a stop was not clean'],
  });
  // It never answers: waited for, this would not end.
  await stopHosts([well, stuck], () => did.push('told'), hook, log);
  expect(did.slice(6)).toEqual(['save', 'told', 'farewell', 'farewell', 'hook', 'hook']);
  expect(errors.at(-1)).toBe('session: what was said was not stored in time');
});
