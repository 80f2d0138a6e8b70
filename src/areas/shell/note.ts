/** The file in the folder of the shells' boxes where a shell notes what it runs. */
export const noteOf = (pid: number): string => `run.${pid}`;

export interface Note {
  readonly cwd: string;
  readonly line: string;
}

/**
 * What a note says: a first line with `-`, one with the folder, then the command line. bash cannot tell its hooks the line and notes the
 * newest entry of its history instead, behind a first line with the number that entry has if it is this very command; a line it left out of
 * its history is not told of. Null: nothing is to be told.
 */
export function parseNote(text: string): Note | null {
  const [, first, cwd, rest] = /^(-|\d+)\n([^\n]*)\n([^]*)$/.exec(text) ?? [];
  if (first === undefined || !cwd?.startsWith('/')) return null;
  const [, number, entry] = first === '-' ? [null, first, rest!] : (/^ *(\d+)[* ] ([^]*)$/.exec(rest!) ?? []);
  const line = (entry ?? '').replace(/\n+$/, '');
  return number !== first || line.trim() === '' ? null : { cwd, line };
}
