import type { Caller } from '../../kernel/caller';

/** Callers of the HTTP surface have no shell; to patterns written for shells they are shell 0 (contract: pattern matching). */
export const HTTP = 'http';
export const HTTP_AS_SHELL = 'shell:0';

/** The scope a caller publishes under: its source, also by its other name, or one of its aliases; null for one that belongs to somebody else. */
export function ownScope({ source, aliases }: Caller, asked: string | undefined): string | null {
  if (asked === undefined || asked === source) return source;
  if (aliases?.includes(asked)) return asked;
  return source === HTTP && asked === HTTP_AS_SHELL ? source : null;
}
