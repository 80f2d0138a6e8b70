import { textOf, type SessionFrame } from '../client/session_frames';
import { printable } from './format';
import type { Output } from './output';
import type { Question } from './session_input';

type Color = 'bold' | 'red' | 'green' | 'yellow' | 'cyan' | 'gray';
type Paint = (color: Color, text: string) => string;
type Entry = Readonly<Record<string, unknown>>;

/** Lines of a tool's result that are shown. */
const RESULT_LINES = 8;
const INPUT_CHARS = 300;

/** A session as a person reads it. On a pipe, stdout has what the agent says and stderr everything else. */
export class SessionScreen {
  /** A message whose next piece may follow on the same line. */
  private open: 'text' | 'thinking' | null = null;
  private midLine = false;
  /** What was typed on this terminal, where it stands already. */
  private readonly typed: string[] = [];

  constructor(
    private readonly out: Output,
    private readonly paint: Paint,
  ) {}

  /** A line was typed here; the session will tell it to everybody, and so to this terminal, too. */
  echoed(text: string): void {
    this.midLine = false;
    this.typed.push(text);
  }

  /** A line that is not the agent's. */
  say(text: string): void {
    this.end();
    if (this.out.terminal) this.out.line(text);
    else this.out.note(text);
  }

  private end(): void {
    if (this.midLine) this.out.text('\n');
    this.midLine = false;
    this.open = null;
  }

  private piece(kind: 'text' | 'thinking', text: string): void {
    if (kind === 'thinking' && !this.out.terminal) return;
    if (this.open !== kind) this.end();
    if (text === '') return;
    this.open = kind;
    this.out.text(kind === 'thinking' ? this.paint('gray', shown(text)) : shown(text));
    this.midLine = !text.endsWith('\n');
  }

  show(frame: SessionFrame): void {
    const { type, data, reqId } = frame;
    switch (type) {
      case 'text':
      case 'thinking':
        return this.piece(type, textOf(frame, 'content'));
      case 'user':
        return this.own(data) ? this.end() : this.say(this.user(data));
      case 'tool_use':
        return this.say(this.tool(data));
      case 'tool_result':
        return this.say(this.result(data));
      case 'notice':
        return this.say(this.paint('gray', `· ${shown(textOf(frame, 'text'))}`));
      case 'system':
        return this.say(this.paint('gray', `· ${shown(textOf(frame, 'message'))}`));
      case 'error':
        // It may be about what was typed, which nobody will be told of then.
        this.typed.length = 0;
        return this.say(this.paint('red', `! ${shown(textOf(frame, 'message'))}`));
      case 'done':
        return this.done(textOf(frame, 'stop_reason'));
      case 'plan':
        return this.say(plan(data.entries));
      case 'queued':
        return this.say(this.paint('gray', `· waits for the end of the turn: ${shown(textOf(frame, 'content'))}`));
      case 'cleared':
        return this.say(this.paint('gray', '· the conversation begins anew'));
      case 'auto_turn_cap_reached':
        return this.say(this.paint('yellow', `· ${String(data.cap)} turns in a row began by themselves; the next one is yours`));
      case 'approval_resolved':
        return this.say(this.paint('gray', `· ${resolved(data)}`));
      case 'status':
        return this.say(status(data));
      case 'history':
        return this.history(data.messages as readonly Entry[], data.more === true);
      case 'ack':
        return;
      case 'input_owner_changed':
        return this.say(
          this.paint('gray', data.to === null ? '· everybody may say something again' : `· ${String(data.to)} has taken over the input`),
        );
      case 'ended':
        return this.say(this.paint('yellow', '· the session was removed'));
      case 'attached':
        return reqId === null ? undefined : this.say(this.paint('gray', `· ${status(data)}`));
    }
  }

  /** What the agent asks, with what may be answered; without for what is over. */
  ask({ data }: SessionFrame, question: Question | null): void {
    const input = data.input === undefined || data.input === null ? '' : ` ${brief(data.input)}`;
    this.say(`${this.paint('yellow', '?')} ${this.paint('bold', shown(String(data.tool_name)))}${input}`);
    if (!question) return;
    const options = question.options.map(({ name }, at) => `${at + 1} ${printable(name)}`).join('   ');
    this.say(`  ${options}   ${this.paint('gray', '(type a number, or /help)')}`);
  }

  private own({ content, trigger }: Entry): boolean {
    const at = trigger === 'user' ? this.typed.indexOf(String(content)) : -1;
    if (at === -1) return false;
    this.typed.splice(0, at + 1);
    return true;
  }

  private user({ content, trigger, by }: Entry): string {
    const who =
      trigger === 'user' ? '' : this.paint('gray', ` (${trigger === 'compaction' ? 'compaction' : `by itself, from ${printable(String(by))}`})`);
    return `${this.paint('cyan', '>')} ${this.paint('bold', shown(String(content)))}${who}`;
  }

  private tool({ tool_name, input }: Entry): string {
    return `${this.paint('green', '*')} ${printable(String(tool_name))} ${this.paint('gray', brief(input))}`;
  }

  private result({ result, failed }: Entry): string {
    const lines = String(result).replace(/\n$/, '').split('\n');
    const rest = lines.length - RESULT_LINES;
    const first = lines.slice(0, RESULT_LINES).map((line) => `  ${shown(line)}`);
    if (rest > 0) first.push(this.paint('gray', `  … ${rest} more line${rest === 1 ? '' : 's'}`));
    return `${failed === true ? this.paint('red', '  failed\n') : ''}${first.join('\n')}`;
  }

  private done(reason: string): void {
    if (reason !== 'end_turn') return this.say(this.paint('gray', `· the turn is over: ${printable(reason)}`));
    this.end();
  }

  private history(entries: readonly Entry[], more: boolean): void {
    this.say(this.paint('gray', more ? '· history (older messages are not shown)' : '· history'));
    for (const entry of entries) {
      const time = this.paint('gray', `${String(entry.time)} `);
      if (entry.role === 'user') this.say(time + this.user(entry));
      else if (entry.role === 'tool_use') this.say(time + this.tool(entry));
      else if (entry.role === 'tool_result') this.say(this.result(entry));
      else if (entry.role === 'text') this.say(time + shown(String(entry.content)));
      else this.say(time + this.paint(entry.role === 'error' ? 'red' : 'gray', shown(String(entry.content))));
    }
  }
}

/** Line breaks and tabs as they are; no other control character reaches the terminal. */
const shown = (text: string): string =>
  text
    .split(/([\n\t])/)
    .map((part) => (part === '\n' || part === '\t' ? part : printable(part)))
    .join('');

function brief(value: unknown): string {
  const text = printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  return text.length > INPUT_CHARS ? `${text.slice(0, INPUT_CHARS)}…` : text;
}

function plan(entries: unknown): string {
  const marks: Readonly<Record<string, string>> = { completed: 'x', in_progress: '-' };
  const list = Array.isArray(entries) ? (entries as Entry[]) : [];
  return list.map(({ content, status: state }) => `  [${marks[String(state)] ?? ' '}] ${printable(String(content))}`).join('\n');
}

const resolved = ({ outcome, option_id, by }: Entry): string =>
  outcome === 'answered' ? `answered ${printable(String(option_id))} by ${printable(String(by))}` : `the question was ${printable(String(outcome))}`;

function status(data: Entry): string {
  const { session_id, agent, model, thinking, state, total_input_tokens, total_output_tokens, session_cost, connected_clients } = data;
  const cost = typeof session_cost === 'number' && session_cost > 0 ? `, ${session_cost.toFixed(4)}` : '';
  return printable(
    `${String(session_id)} (${String(agent)}, ${String(model)}, thinking ${String(thinking)}): ${String(state)}, ` +
      `${String(total_input_tokens)} + ${String(total_output_tokens)} tokens${cost}, ${String(connected_clients)} connected`,
  );
}
