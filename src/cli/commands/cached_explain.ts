import type { LastRun } from './cached_entry';
import type { Inputs, Keyed } from './cached_key';

/** Why there was nothing to replay, one reason a line. */
export function reasons(now: Keyed, last: LastRun | null): string[] {
  if (last === null) return ['this command was not run here before'];
  const changes = differences(now.inputs, last.inputs);
  if (changes.length > 0) return changes;
  return [
    last.code === 0 ? 'its result is not in the store any more, or was not kept' : `the last run ended with ${last.code}, and only success is kept`,
  ];
}

function differences(now: Inputs, last: Inputs): string[] {
  return [
    ...(now.program === last.program ? [] : [`the program ${now.argv[0]} is another one`]),
    ...between('input', now.files, last.files, 'absent'),
    ...between('environment variable', now.env, last.env, 'unset'),
    ...(String(now.outputs) === String(last.outputs) ? [] : ['other outputs are declared']),
  ];
}

function between(what: string, now: Readonly<Record<string, string>>, last: Readonly<Record<string, string>>, none: string): string[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(last)])].toSorted();
  return names.flatMap((name) => {
    const [is, was] = [now[name], last[name]];
    if (is === was) return [];
    if (was === undefined) return [`${what} ${name} was not listed before`];
    if (is === undefined) return [`${what} ${name} is not listed any more`];
    if (is === none) return [`${what} ${name} is gone`];
    return [`${what} ${name} ${was === none ? 'is new' : 'changed'}`];
  });
}
