export type Decision = 'allow' | 'deny' | 'approval_required';

/** One rule of the configuration. What it does not name it takes all of. */
export interface Rule {
  readonly decision: Decision;
  /** A glob over the tool's name. */
  readonly tool?: string;
  /** A glob over the `command` among the arguments. */
  readonly command?: string;
  /** A glob over each text among the arguments, and over each list of texts as one line. */
  readonly pattern?: string;
  /** Told to the agent and to the user. */
  readonly reason?: string;
}

export interface Subject {
  readonly tool: string;
  /** Where it goes by several names, any of which a rule may mean. */
  readonly names?: readonly string[];
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What the tool does to the daemon; null for a tool that is not zd's. */
  readonly effect: 'read' | 'write' | 'destructive' | null;
}

export interface Judgement {
  readonly decision: Decision;
  /** Which rule decided, from 0; null: the default did. */
  readonly rule: number | null;
  readonly reason: string | null;
}

export type Glob = (pattern: string) => (text: string) => boolean;

/** Tools an agent asks for leave with, or shows that it is alive: only a rule that names them holds for them, never the default. */
const OWN_PREFIX = 'ccd_';

/** The first rule that fits decides. The default holds for what changes something; what only reads is allowed unless a rule says otherwise. */
export function judge({ tool, names = [tool], arguments: args, effect }: Subject, rules: readonly Rule[], fallback: Decision, glob: Glob): Judgement {
  const command = commandOf(args);
  let texts: readonly string[] | undefined;
  const rule = rules.findIndex((each) => {
    if (each.tool !== undefined && !names.some(glob(each.tool))) return false;
    if (each.command !== undefined && (command === null || !glob(each.command)(command))) return false;
    return each.pattern === undefined || (texts ??= textsOf(args)).some(glob(each.pattern));
  });
  if (rule !== -1) return { decision: rules[rule]!.decision, rule, reason: rules[rule]!.reason ?? null };
  const exempt = effect === 'read' || tool.startsWith(OWN_PREFIX);
  return { decision: exempt ? 'allow' : fallback, rule: null, reason: null };
}

export const commandOf = ({ command }: Readonly<Record<string, unknown>>): string | null => (typeof command === 'string' ? command : null);

/** Every text among the arguments, and every list of texts joined with blanks, as a command line is read. */
export function textsOf(value: unknown): string[] {
  const found: string[] = [];
  const queue: unknown[] = [value];
  for (let at = 0; at < queue.length; at++) {
    const each = queue[at];
    if (typeof each === 'string') found.push(each);
    else if (Array.isArray(each)) {
      if (each.length > 0 && each.every((item) => typeof item === 'string')) found.push(each.join(' '));
      queue.push(...each);
    } else if (typeof each === 'object' && each !== null) queue.push(...Object.values(each));
  }
  return found;
}
