/** What the agent of a session asks leave for, as sessions ask it and the list of approvals keeps it. */
export interface Question {
  /** Of the session's own. */
  readonly approvalId: string;
  readonly session: string;
  readonly agent: string;
  readonly tool: string;
  readonly input: unknown;
  readonly askedAt: number;
  readonly expiresAt: number;
  /** No rule has answered it. */
  readonly waits: boolean;
}

export interface Ruling {
  readonly allow: boolean;
  /** Which rule, for the transcript. */
  readonly by: string;
  readonly note: string | null;
}

/** The option that says yes or no. Yes once never says it for ever: where that is all there is, the user decides. */
export const optionFor = <Option extends { readonly kind: string }>(allow: boolean, options: readonly Option[]): Option | undefined =>
  (allow ? ['allow_once'] : ['reject_once', 'reject_always']).map((kind) => options.find((option) => option.kind === kind)).find(Boolean);

/** How a question ended: `cancelled` with its turn, `expired` without an answer. */
export type QuestionEnd = 'allowed' | 'denied' | 'cancelled' | 'expired';

/** Where the questions of all agents meet: the rules of the configuration, and the one list of what waits for the user. */
export interface ApprovalDesk {
  /** What the rules say of a tool by any of the names it goes by; null: the user decides. */
  judge(names: readonly string[], input: unknown): Ruling | null;
  /** Only inside a write. */
  asked(question: Question): void;
  /** Only inside a write. */
  settled(approvalId: string, end: QuestionEnd, by: string | null, note: string | null): void;
}
