import { EXIT } from '../kernel/code_info';
import { endsTurn, textOf, type SessionFrame } from '../client/session_frames';
import type { SessionLink } from '../client/session_link';
import { HELP, understand, type Question, type Said } from './session_input';
import type { SessionScreen } from './session_screen';

/** A session that somebody is attached to: what it shows, what it waits for, and what is said in it. */
export class SessionRoom {
  session: string | null = null;
  readonly attached: Promise<void>;
  private turn: string | null = null;
  /** How turns ended, since a script last said something. */
  private readonly ended = new Map<string, string>();
  private readonly questions: Question[] = [];
  /** Asked before this was attached, for the end of what is told of before. */
  private readonly waiting = new Map<string, SessionFrame>();
  private live = false;
  private over = false;
  /** A turn of ours failed, or what we said was refused. */
  private failed = false;
  private requests = 0;
  private readonly watchers = new Set<() => void>();
  private readonly answers = new Map<number, (frame: SessionFrame) => void>();
  private readonly enter: () => void;

  constructor(
    private readonly screen: SessionScreen,
    private readonly line: (text: string) => void,
    private readonly json: boolean,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.attached = promise;
    this.enter = resolve;
  }

  /** Nothing more comes. */
  close(): void {
    this.over = true;
    this.changed();
  }

  take(frame: SessionFrame): void {
    if (this.json) this.line(frame.text);
    this.note(frame);
    if (typeof frame.reqId === 'number') this.answers.get(frame.reqId)?.(frame);
    if (!this.json && frame.type !== 'approval') this.screen.show(frame);
    this.changed();
  }

  private note(frame: SessionFrame): void {
    const { type, turn, data } = frame;
    if (type === 'attached') {
      this.session = textOf(frame, 'session_id');
      this.turn = turn;
      this.live = false;
      this.questions.splice(0, Infinity, ...(data.pending as Record<string, unknown>[]).map(questionOf));
      this.enter();
    } else if (type === 'user') this.turn = turn;
    else if (endsTurn(frame)) {
      if (this.live) this.ended.set(turn!, type);
      if (turn === this.turn) this.turn = null;
    } else if (type === 'live') this.showWaiting();
    else if (type === 'approval_resolved') this.forget(data.approval_id);
    else if (type === 'approval') this.asked(frame);
  }

  private asked(frame: SessionFrame): void {
    const question = questionOf(frame.data);
    if (this.live) this.questions.push(question);
    else this.waiting.set(question.approvalId, frame);
    if (!this.json) this.screen.ask(frame, this.live ? question : null);
  }

  private showWaiting(): void {
    this.live = true;
    for (const question of this.questions) {
      const frame = this.waiting.get(question.approvalId);
      if (!this.json && frame) this.screen.ask(frame, question);
      else if (!this.json)
        this.screen.say(`? ${question.approvalId} waits for an answer: ${question.options.map(({ option_id }) => option_id).join(', ')}`);
    }
    this.waiting.clear();
  }

  private forget(approvalId: unknown): void {
    const at = this.questions.findIndex((question) => question.approvalId === approvalId);
    if (at !== -1) this.questions.splice(at, 1);
  }

  /** Does what a line says; false to leave. For a script, what it says waits until it is its turn, and until it was answered or the agent asks something. */
  async typed(line: string, link: SessionLink, scripted: boolean): Promise<boolean> {
    const said = understand(line, this.questions);
    if (said.do === 'leave') return false;
    if (said.do === 'help') this.remark(HELP);
    else if (said.do === 'complain') this.remark(said.what);
    else if (said.do === 'become') this.sent(link.become(said.mode));
    else if (said.do === 'say' || said.do === 'send') {
      if (!scripted) {
        if (said.do === 'say') this.screen.echoed(said.frame.content);
        this.sent(link.send({ ...said.frame }));
      } else await this.script(said, link);
    }
    return true;
  }

  private async script(said: Said & { do: 'say' | 'send' }, link: SessionLink): Promise<void> {
    if (said.do === 'say') await this.until(() => this.turn === null);
    if (this.over) return;
    this.ended.clear();
    const req_id = ++this.requests;
    const answer = Promise.withResolvers<SessionFrame>();
    this.answers.set(req_id, answer.resolve);
    if (!link.send({ ...said.frame, req_id })) {
      this.sent(false);
      this.failed = true;
      return;
    }
    const reply = await Promise.race([answer.promise, this.until(() => this.over)]);
    this.answers.delete(req_id);
    if (!reply || reply.type === 'error') this.failed = true;
    else if (reply.turn !== null && reply.type === 'ack') await this.end(reply.turn);
  }

  /** Of a turn, or until the agent asks something. */
  private async end(turn: string): Promise<void> {
    const before = this.questions.length;
    await this.until(() => this.ended.has(turn) || this.questions.length > before);
    if (this.ended.get(turn) === 'error') this.failed = true;
  }

  /** The exit code of a script that has said everything. */
  async finished(): Promise<number> {
    await this.until(() => this.live && (this.turn === null || this.questions.length > 0));
    if (this.questions.length > 0)
      this.remark(`the agent waits for an answer; give it with: zd session answer ${this.session} ${this.questions[0]!.approvalId} allow`);
    return this.failed || this.questions.length > 0 ? EXIT.failure : EXIT.ok;
  }

  private sent(done: boolean): void {
    if (!done) this.remark('not connected just now; it was not sent');
  }

  private remark(text: string): void {
    if (!this.json) this.screen.say(text);
  }

  private until(test: () => boolean): Promise<undefined> {
    return new Promise((resolve) => {
      const look = () => {
        if (!test() && !this.over) return;
        this.watchers.delete(look);
        resolve(undefined);
      };
      this.watchers.add(look);
      look();
    });
  }

  private changed(): void {
    for (const look of this.watchers) look();
  }
}

const questionOf = (data: Readonly<Record<string, unknown>>): Question => ({
  approvalId: String(data.approval_id),
  options: data.options as Question['options'],
});
