import { posAfter, posOf } from './model';
import type { Conditions } from './query_model';

export interface Where {
  /** Joined by AND; columns of `history`. */
  readonly terms: readonly string[];
  readonly values: readonly (string | number)[];
}

/** Whether only the line, and perhaps the time, is asked for. */
export const hasConditions = ({ cwd, under, exitCode, failed, hostname, sessid, shellId }: Conditions): boolean =>
  [cwd, under, exitCode, failed, hostname, sessid, shellId].some((each) => each !== undefined);

/** The conditions as SQL; `name` is what the table is called there. */
export function whereOf(query: Conditions, name = 'history'): Where {
  const terms: string[] = [];
  const values: (string | number)[] = [];
  const add = (term: string, ...given: (string | number)[]) => {
    terms.push(term.replaceAll('#', `${name}.`));
    values.push(...given);
  };
  if (query.cwd !== undefined) add('#cwd = ?', query.cwd);
  // Everything that begins with the folder and a slash lies between the slash and the character behind it.
  if (query.under !== undefined) {
    const folder = query.under.replace(/\/+$/, '');
    if (folder === '') add('#cwd >= ?', '/');
    else add('(#cwd = ? OR (#cwd >= ? AND #cwd < ?))', folder, `${folder}/`, `${folder}0`);
  }
  if (query.exitCode !== undefined) add('#exit_code = ?', query.exitCode);
  if (query.failed !== undefined) add(query.failed ? '#exit_code <> 0' : '#exit_code = 0');
  if (query.hostname !== undefined) add('#hostname = ?', query.hostname);
  if (query.sessid !== undefined) add('#sessid = ?', query.sessid);
  if (query.shellId !== undefined) add('#shell_id = ?', query.shellId);
  if (query.after !== undefined) add('#pos >= ?', posOf(query.after));
  if (query.before !== undefined) add('#pos < ?', posAfter(query.before));
  return { terms, values };
}
