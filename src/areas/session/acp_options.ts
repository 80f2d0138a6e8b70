import { AgentFault } from './driver';
import type { SessionRow } from './row';

type Request = (method: string, params: unknown) => Promise<Record<string, unknown>>;

/** Which of the agent's options a member of the session means: by what the agent says it is for, or by its id. */
const WANTED = [
  ['model', ['model']],
  ['thinking', ['thought_level', 'thinking']],
] as const;

/** What a session has set for itself, as far as its agent offers it. Each value is set once, and again when it changed. */
export class AcpOptions {
  private offered: readonly Record<string, unknown>[] = [];
  private readonly applied = new Map<string, string>();

  constructor(
    private readonly request: Request,
    private readonly notice: (text: string) => void,
  ) {}

  /** The answer that opened the agent's session. */
  opened({ configOptions }: Record<string, unknown>): void {
    this.offered = Array.isArray(configOptions) ? configOptions.filter((each) => typeof each === 'object' && each !== null) : [];
  }

  async apply(sessionId: string, row: Pick<SessionRow, 'model' | 'thinking'>): Promise<void> {
    for (const [member, names] of WANTED) {
      const value = row[member];
      if (value === null || this.applied.get(member) === value) continue;
      this.applied.set(member, value);
      const option = this.offered.find(({ category, id }) => (names as readonly unknown[]).includes(category ?? id));
      if (!option) {
        this.notice(`The agent lets nobody choose its ${member}.`);
        continue;
      }
      try {
        await this.request('session/set_config_option', { sessionId, configId: option.id, value });
      } catch (error) {
        if (!(error instanceof AgentFault) || error.reason !== 'refused') throw error;
        this.notice(`The agent does not take ${value} as its ${member}.`);
      }
    }
  }
}
