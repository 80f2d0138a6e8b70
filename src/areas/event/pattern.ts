import { compileGlob } from './glob';
import { HTTP, HTTP_AS_SHELL } from './scope';

export const MAX_PATTERN_CHARS = 1024;
export const MAX_PATTERNS = 64;

/** `<scope>.<topic>`, split at the first dot. */
export interface Pattern {
  readonly text: string;
  /** What the scope and the topic of everything it matches begin with. */
  readonly scopePrefix: string;
  readonly topicPrefix: string;
  /** `also`: further scopes of the event, one a line. */
  matches(scope: string, topic: string, also?: string | null): boolean;
}

/** Origins that are one of a kind. */
const WORDS = [HTTP, 'lock', 'artifact', 'definitions', 'history', 'snapshot', 'mesh', 'agent', 'daemon'];
/** The kinds of origin that carry an id, as in `job:12`. */
const FORMS = ['shell', 'job', 'schedule', 'tag', 'mesh', 'session', 'user'] as const;

/** What every text that a glob matches begins with. */
const literal = (glob: string): string => /^[^*?]*/.exec(glob)![0];

/** The pattern, or what is wrong with it in words for the caller. */
export function parsePattern(text: string): Pattern | string {
  if (text.length > MAX_PATTERN_CHARS) return `a pattern has at most ${MAX_PATTERN_CHARS} characters, this one has ${text.length}`;
  if (/[\0-\x1f\x7f]/.test(text) || !text.isWellFormed()) return 'a pattern has no control characters';
  const dot = text.indexOf('.');
  if (dot === -1) return `"${text}" has no dot between scope and topic`;
  const scope = text.slice(0, dot);
  const topic = text.slice(dot + 1);
  if (scope === '' || topic === '') return `"${text}" needs text on both sides of its first dot`;
  if (!canMatchAScope(scope)) return `"${scope}" is no scope: use *, ${WORDS.join(', ')} or ${FORMS.map((form) => `${form}:ID`).join(', ')}`;
  const scopeMatches = compileGlob(scope);
  const topicMatches = compileGlob(topic);
  const any = scope === '*';
  const http = scopeMatches(HTTP) || scopeMatches(HTTP_AS_SHELL);
  const scopePrefix = http ? '' : literal(scope);
  return {
    text,
    scopePrefix,
    topicPrefix: literal(topic),
    matches: (from, about, also) =>
      (any || (from === HTTP ? http : scopeMatches(from)) || (typeof also === 'string' && also.split('\n').some(scopeMatches))) &&
      topicMatches(about),
  };
}

/** Whether some origin can match: a scope that never could is a mistake worth telling. */
function canMatchAScope(scope: string): boolean {
  if (WORDS.some(compileGlob(scope))) return true;
  const colon = scope.indexOf(':');
  const star = scope.indexOf('*');
  if (star !== -1 && (colon === -1 || star < colon)) {
    const head = scope.slice(0, star);
    return FORMS.some((form) => agree(head, `${form}:`));
  }
  if (colon === -1 || colon === scope.length - 1) return false;
  const form = compileGlob(scope.slice(0, colon));
  return FORMS.some((known) => form(known));
}

/** Whether two texts agree over the length of the shorter one, `?` standing for any character. */
function agree(head: string, known: string): boolean {
  for (let at = 0; at < Math.min(head.length, known.length); at++) {
    if (head[at] !== '?' && head[at] !== known[at]) return false;
  }
  return true;
}
