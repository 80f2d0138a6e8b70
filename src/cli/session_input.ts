import type { Mode } from '../client/session_link';

/** What a person may answer to what the agent asks. */
export interface Question {
  readonly approvalId: string;
  readonly options: readonly { readonly option_id: string; readonly name: string }[];
}

export type Said =
  | { readonly do: 'nothing' }
  | { readonly do: 'leave' }
  | { readonly do: 'help' }
  | { readonly do: 'become'; readonly mode: Mode }
  | { readonly do: 'say'; readonly frame: { readonly type: 'message'; readonly content: string; readonly queue?: true } }
  | { readonly do: 'send'; readonly frame: Readonly<Record<string, unknown>> }
  | { readonly do: 'complain'; readonly what: string };

const DECISIONS = ['allow', 'always', 'deny', 'never'];
const MODES: readonly string[] = ['mirror', 'takeover', 'observe'];

export const HELP = [
  'A line is a message to the agent. While it asks for something, the number of an option is the answer.',
  '  /allow /always /deny /never [ID]   answer it        /answer [ID] OPTION   the same by option',
  '  /cancel /c    end the turn                          /queue TEXT           say it when the turn is over',
  '  /status /s    the session                           /history /h           what was said',
  '  /takeover /mirror /observe   whose input is taken   /quit /q              leave; the session goes on',
  '  /model [M]  /thinking [LEVEL]  /system [TEXT]  /clear  /compact [WHAT TO KEEP]',
  '  //TEXT        a message that begins with a slash',
].join('\n');

/** What a line means, given what the agent asks just now, the oldest first. */
export function understand(line: string, questions: readonly Question[]): Said {
  const text = line.trim();
  if (text === '') return { do: 'nothing' };
  const [first] = questions;
  if (first && /^\d{1,2}$/.test(text)) {
    const option = first.options[Number(text) - 1];
    if (!option) return { do: 'complain', what: `there are ${first.options.length} options` };
    return { do: 'send', frame: { type: 'answer', approval_id: first.approvalId, option_id: option.option_id } };
  }
  if (text.startsWith('//')) return { do: 'say', frame: { type: 'message', content: text.slice(1) } };
  if (!text.startsWith('/')) return { do: 'say', frame: { type: 'message', content: line } };
  const [, name, args] = /^\/(\S*)\s*([^]*)$/.exec(text)!;
  return slash(name!, args!, questions);
}

function slash(name: string, args: string, questions: readonly Question[]): Said {
  if (['quit', 'exit', 'q'].includes(name)) return { do: 'leave' };
  if (['help', '?', ''].includes(name)) return { do: 'help' };
  if (MODES.includes(name)) return { do: 'become', mode: name as Mode };
  if (name === 'queue')
    return args === '' ? { do: 'complain', what: 'what is to be said?' } : { do: 'say', frame: { type: 'message', content: args, queue: true } };
  const frame = { c: 'cancel', cancel: 'cancel', s: 'status', status: 'status', h: 'history', history: 'history' }[name];
  if (frame) return { do: 'send', frame: { type: frame } };
  if (DECISIONS.includes(name) || name === 'answer') return answer(name, args.split(/\s+/).filter(Boolean), questions);
  return { do: 'send', frame: { type: 'command', name, args } };
}

function answer(name: string, words: readonly string[], questions: readonly Question[]): Said {
  const byName = name === 'answer';
  const named = questions.find(({ approvalId }) => approvalId === words[0]);
  const question = named ?? questions[0];
  const rest = named ? words.slice(1) : words;
  if (!question) return { do: 'complain', what: 'nothing waits for an answer' };
  if (rest.length !== (byName ? 1 : 0)) return { do: 'complain', what: `usage: /${name} [ID]${byName ? ' OPTION' : ''}` };
  const choice = byName ? { option_id: question.options[Number(rest[0]) - 1]?.option_id ?? rest[0]! } : { decision: name };
  return { do: 'send', frame: { type: 'answer', approval_id: question.approvalId, ...choice } };
}
