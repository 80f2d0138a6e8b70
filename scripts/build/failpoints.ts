import type { BunPlugin } from 'bun';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const CALL = /^\s*failpoint\('([a-z_.]+)'\);\s*$/gm;

/**
 * Takes the calls of `failpoint('…')` out of the source before it is bundled. `define` alone empties the function and leaves the calls with
 * their names, and `drop` does not remove calls of an imported function. A call is a statement on a line of its own.
 */
export const withoutFailpoints: BunPlugin = {
  name: 'without-failpoints',
  setup(build) {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({ contents: (await Bun.file(path).text()).replace(CALL, ''), loader: 'ts' }));
  },
};

/** Every failpoint named in the source below a folder. */
export function failpointNames(folder: string): string[] {
  const names = new Set<string>();
  for (const file of new Bun.Glob('**/*.ts').scanSync(folder)) {
    for (const match of readFileSync(join(folder, file), 'utf8').matchAll(/\bfailpoint\('([a-z_.]+)'\)/g)) names.add(match[1]!);
  }
  return [...names].toSorted();
}
