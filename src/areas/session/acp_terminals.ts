import { constants } from 'node:os';
import type { JobService } from '../job/service';

/** What an agent gets of the jobs of zd. */
export type TerminalJobs = Pick<JobService, 'submit' | 'wait' | 'output' | 'cancel' | 'get'>;

interface Create {
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly cwd?: string | null;
  readonly outputByteLimit?: number | null;
}

interface Terminal {
  readonly job: number;
  readonly limit: number;
}

/** Terminals of one agent at a time, and the most that is told of what one wrote. */
const MAX_TERMINALS = 32;
const OUTPUT_BYTES = 1024 * 1024;
const GRACE_MS = 2000;

/** Programs an agent has zd run: jobs with a terminal, which anybody can list and read, and which end with their agent. */
export class AcpTerminals {
  private readonly open = new Map<string, Terminal>();
  private gone = false;

  constructor(
    private readonly jobs: TerminalJobs,
    private readonly session: () => { readonly session_id: string; readonly cwd: string; readonly agent: string },
  ) {}

  async create({ command, args, env, cwd, outputByteLimit }: Create): Promise<{ terminalId: string }> {
    if (this.open.size >= MAX_TERMINALS) throw new Error(`there are ${MAX_TERMINALS} terminals; release some`);
    const { session_id, cwd: folder, agent } = this.session();
    const { jobId } = await this.jobs.submit(
      {
        command: [command, ...(args ?? [])],
        cwd: cwd ?? folder,
        env: Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
        tags: [`session:${session_id}`],
        pty: true,
      },
      { source: `agent:${agent}` },
    );
    if (this.gone) {
      await this.jobs.cancel(jobId, GRACE_MS);
      throw new Error('the agent has ended');
    }
    const terminalId = `t${jobId}`;
    this.open.set(terminalId, { job: jobId, limit: Math.min(outputByteLimit ?? OUTPUT_BYTES, OUTPUT_BYTES) });
    return { terminalId };
  }

  output(id: string): { output: string; truncated: boolean; exitStatus?: object } {
    const { job, limit } = this.find(id);
    const row = this.jobs.get(job);
    const { total } = this.jobs.output(job, { channel: 'stdout', limit: 1 });
    const { bytes, offset } = this.jobs.output(job, { channel: 'stdout', offset: Math.max(0, total - limit), limit: Math.max(1, limit) });
    // The cut may go through a character, and a terminal ends its lines with two.
    const text = new TextDecoder().decode(bytes).replace(/^\ufffd+/, '');
    return {
      output: text.replaceAll('\r\n', '\n'),
      truncated: offset > 0,
      ...(row.finished_at === null ? {} : { exitStatus: statusOf(row) }),
    };
  }

  async exited(id: string, signal: AbortSignal): Promise<object> {
    return statusOf(await this.jobs.wait(this.find(id).job, undefined, signal));
  }

  async kill(id: string): Promise<void> {
    await this.jobs.cancel(this.find(id).job, GRACE_MS);
  }

  async release(id: string): Promise<void> {
    const { job } = this.find(id);
    this.open.delete(id);
    await this.jobs.cancel(job, GRACE_MS).catch(() => {});
  }

  /** The agent is gone. */
  async releaseAll(): Promise<void> {
    this.gone = true;
    await Promise.all([...this.open.keys()].map((id) => this.release(id)));
  }

  private find(id: string): Terminal {
    const terminal = this.open.get(id);
    if (!terminal) throw new Error('there is no such terminal');
    return terminal;
  }
}

function statusOf({ exit_code, signal }: { readonly exit_code: number | null; readonly signal: number | null }): object {
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? null;
  return { exitCode: exit_code, signal: name };
}
