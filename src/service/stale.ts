import { existsSync } from 'node:fs';

/** Whether a service's command is not `own`, or names a file that is gone. False when there is no command to judge. */
export const isStale = (command: readonly string[] | null, own: readonly string[]): boolean =>
  command !== null && (command.length !== own.length || command.some((word, at) => word !== own[at] || !existsSync(word)));
