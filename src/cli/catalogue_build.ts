import { areas } from '../areas/index';
import { Registry } from '../kernel/registry';
import type { Entry } from './catalogue';

/**
 * Runs as a macro: while the program is bundled, or transpiled when it runs from source. So the command line knows every operation
 * without loading one, and cannot be out of date. One line per operation or stream: its CLI words, a tab, its `Entry` as JSON.
 */
export function catalogueText(): string {
  const registry = new Registry(areas);
  const lines = registry.areas.flatMap((area) => {
    const ops = area.ops.map(({ name, summary, description, scope, effect, input, output, errors, cli, example }): Entry => ({
      kind: 'op',
      area: area.name,
      name,
      summary,
      description,
      scope,
      effect,
      errors,
      cli,
      example,
      input: plain(input),
      output: plain(output),
    }));
    const streams = (area.streams ?? []).map(({ name, summary, description, scope, path, events, input, errors, cli, example }): Entry => ({
      kind: 'stream',
      area: area.name,
      name,
      summary,
      description,
      scope,
      path,
      events,
      errors,
      cli,
      example,
      input: plain(input),
    }));
    return [...ops, ...streams].map((entry) => `${entry.cli?.path.join(' ') ?? ''}\t${JSON.stringify(entry)}`);
  });
  return lines.join('\n');
}

/** Each area's summary by its name, as JSON. */
export function areaSummaries(): string {
  return JSON.stringify(Object.fromEntries(areas.map((area) => [area.name, area.summary])));
}

/** A schema without TypeBox's symbols. */
const plain = (schema: object): Entry['input'] => JSON.parse(JSON.stringify(schema)) as Entry['input'];
