import type { EventRecord } from '../../kernel/context';
import type { FrameWriter } from './frames';
import { MAX_PATTERNS, parsePattern, type Pattern } from './pattern';
import { isVisible, PUBLIC, type Audience } from './visibility';

/** What a stream asks for, normalised: two streams with the same key hear exactly the same frames. */
export interface Filter {
  readonly key: string;
  /** The kinds it lets through; every kind without it. What else is missing from the log is then no gap for its stream. */
  readonly kinds?: readonly string[];
  /** The JSON array of the patterns that match, or null when the event is not for this filter. */
  match(event: EventRecord): string | null;
  /** How its events are written; as `pub` frames without it. Filters with the same key write the same. */
  readonly frames?: FrameWriter;
}

/** The filter of a list of patterns, or what is wrong with one of them. Private events are for the audience of their session alone. */
export function parseFilter(texts: readonly string[], audience: Audience = PUBLIC): Filter | string {
  if (texts.length === 0 || texts.length > MAX_PATTERNS) return `a stream takes 1 to ${MAX_PATTERNS} patterns, not ${texts.length}`;
  const patterns: Pattern[] = [];
  for (const text of [...new Set(texts)].toSorted()) {
    const pattern = parsePattern(text);
    if (typeof pattern === 'string') return pattern;
    patterns.push(pattern);
  }
  const all = JSON.stringify(patterns.map((pattern) => pattern.text));
  const everything = all === '["*.*"]';
  return {
    key: audience.sessions.length === 0 ? all : all + JSON.stringify(audience.sessions),
    match(event: EventRecord) {
      if (!isVisible(event, audience)) return null;
      if (everything) return all;
      const matched = patterns.filter((pattern) => pattern.matches(event.scope, event.topic, event.also));
      if (matched.length === 0) return null;
      return matched.length === patterns.length ? all : JSON.stringify(matched.map((pattern) => pattern.text));
    },
  };
}
