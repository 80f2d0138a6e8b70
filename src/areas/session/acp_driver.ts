import type { ClientConnection, InitializeResponse } from '@agentclientprotocol/sdk';
import { version } from '../../version';
import { connect } from './acp_client';
import { AcpLink } from './acp_link';
import { AcpOptions } from './acp_options';
import { AcpProcess } from './acp_process';
import { mcpServers, type OwnServer } from './acp_servers';
import { AcpTerminals, type TerminalJobs } from './acp_terminals';
import { AcpUpdates, unknown } from './acp_update';
import type { AcpAgent } from './agent';
import { prefaced } from './preface';
import { AgentFault, type Driver, type DriverHost, type TurnEnd } from './driver';

/** Of a line that is no message, so much is told. */
const GARBAGE_CHARS = 200;

/** An agent as a child process that speaks the Agent Client Protocol, version 1. */
export class AcpDriver implements Driver {
  private process: AcpProcess | null = null;
  private connection: ClientConnection | null = null;
  private opening: Promise<void> | null = null;
  private agentSession: string | null = null;
  /** While it repeats what was said before, which is stored already. */
  private repeating = false;
  /** It does not know what was said before, so the next prompt tells it. */
  private forgot = false;
  starting = true;
  private fault: AgentFault | null = null;
  private garbled = 0;
  private readonly updates = new AcpUpdates();
  private readonly options = new AcpOptions(
    (method, params) => this.request(method, params),
    (text) => this.host.put({ type: 'notice', data: { text } }),
  );
  private readonly terminals: AcpTerminals;
  private readonly failed = Promise.withResolvers<never>();

  constructor(
    private readonly spec: AcpAgent,
    private readonly host: DriverHost,
    private readonly limits: () => { readonly startMs: number; readonly cancelMs: number },
    private readonly ownServer: OwnServer,
    jobs: TerminalJobs,
  ) {
    this.terminals = new AcpTerminals(jobs, () => host.row());
    // Whoever waits for something else learns of it there.
    this.failed.promise.catch(() => {});
  }

  get pid(): number | null {
    return this.process?.pid ?? null;
  }

  async run(text: string, signal: AbortSignal): Promise<TurnEnd> {
    this.garbled = 0;
    let patience: Timer | undefined;
    const cancelled = () => {
      if (this.agentSession !== null && this.connection) this.notify('session/cancel', { sessionId: this.agentSession });
      else return this.fail(new AgentFault('cancelled', 'The turn was cancelled before the agent was ready.'));
      patience = setTimeout(() => this.fail(new AgentFault('cancelled', 'The agent did not end a cancelled turn.')), this.limits().cancelMs);
    };
    signal.addEventListener('abort', cancelled, { once: true });
    try {
      if (signal.aborted) throw new AgentFault('cancelled', 'The turn was cancelled.');
      await Promise.race([(this.opening ??= this.open()), this.failed.promise]);
      await this.options.apply(this.agentSession!, this.host.row());
      const prompt = this.forgot ? prefaced(this.host, text) : text;
      this.forgot = false;
      const answer = await this.request('session/prompt', { sessionId: this.agentSession!, prompt: [{ type: 'text', text: prompt }] });
      return { stopReason: this.ended(answer) };
    } finally {
      clearTimeout(patience);
      signal.removeEventListener('abort', cancelled);
      this.updates.reset();
    }
  }

  /** Why the turn ended, and what it used, where the agent says. */
  private ended(answer: Record<string, unknown>): string {
    const usage = answer.usage as Record<string, unknown> | null | undefined;
    if (typeof usage === 'object' && usage !== null) {
      const { inputTokens = 0, outputTokens = 0, cachedReadTokens = null, cachedWriteTokens = null } = usage;
      const data = { input_tokens: inputTokens, output_tokens: outputTokens, cache_read: cachedReadTokens, cache_write: cachedWriteTokens };
      this.host.put({ type: 'usage', data, raw: JSON.stringify(usage) });
    }
    return typeof answer.stopReason === 'string' ? answer.stopReason : 'end_turn';
  }

  private async open(): Promise<void> {
    const row = this.host.row();
    const process = new AcpProcess(this.spec, row.cwd, row.session_id, {
      line: (line) => link.received(line),
      ready: () => this.host.ready(),
      over: (fault) => this.fail(fault),
    });
    this.process = process;
    const link = new AcpLink((line) => process.write(line), {
      update: (params, raw) => this.updated(params, raw),
      notification: ({ method, params }, raw) => this.host.put({ ...unknown({ update: { method, params } }), raw }),
      garbage: (line) => this.garbage(line),
    });
    await this.host.setProcess(process.identity);
    const start = this.limits().startMs;
    const late = setTimeout(
      () => this.fail(new AgentFault('initialize_timeout', process.told(`The agent was not ready within ${start / 1000} seconds`))),
      start,
    );
    try {
      this.connection = await connect(link, this.host, this.spec, (id) => this.updates.find(id), this.terminals);
      const agent = (await this.request('initialize', {
        protocolVersion: 1,
        clientCapabilities: { fs: { readTextFile: this.spec.fs !== 'none', writeTextFile: this.spec.fs === 'write' }, terminal: this.spec.terminal },
        clientInfo: { name: 'zd', title: 'zd', version },
      })) as unknown as InitializeResponse;
      if (agent.protocolVersion !== 1)
        throw new AgentFault('protocol', `The agent speaks version ${String(agent.protocolVersion)} of the protocol; zd speaks 1.`);
      await this.openSession(agent, row.agent_session, row.cwd);
      this.starting = false;
    } finally {
      clearTimeout(late);
    }
  }

  /** The agent's own conversation when it still has it, a new one otherwise. */
  private async openSession({ agentCapabilities }: InitializeResponse, before: string | null, cwd: string): Promise<void> {
    const where = { cwd, mcpServers: mcpServers(this.spec, this.ownServer) };
    if (before !== null && agentCapabilities?.loadSession) {
      this.agentSession = before;
      this.repeating = true;
      try {
        this.options.opened(await this.request('session/load', { sessionId: before, ...where }));
        return;
      } catch (error) {
        if (this.fault) throw error;
        this.host.put({ type: 'notice', data: { text: 'The agent could not load the session; it is told what was said.' } });
      } finally {
        this.repeating = false;
      }
    }
    const opened = await this.request('session/new', where);
    const { sessionId } = opened;
    if (typeof sessionId !== 'string') throw new AgentFault('protocol', 'The agent opened a session without an id.');
    this.options.opened(opened);
    this.agentSession = sessionId;
    this.forgot = true;
    await this.host.setAgentSession(sessionId);
  }

  private updated({ sessionId, update }: Record<string, unknown>, raw: string): void {
    if (this.repeating) return;
    if (sessionId === this.agentSession) for (const each of this.updates.translate(update, raw)) this.host.put(each);
    else this.host.put({ ...unknown({ update, agent_session: sessionId }), raw });
  }

  /** Told once per turn: whoever prints one such line prints many. */
  private garbage(line: string): void {
    if (this.garbled++ > 0) return;
    this.host.put({ type: 'notice', data: { text: `The agent wrote a line that is no message: ${line.slice(0, GARBAGE_CHARS)}` } });
  }

  private async request(method: string, params: unknown): Promise<Record<string, unknown>> {
    try {
      return (await Promise.race([this.connection!.agent.request(method, params), this.failed.promise])) as Record<string, unknown>;
    } catch (error) {
      if (this.fault) throw this.fault;
      const { code, message } = error as { code?: unknown; message?: unknown };
      if (code === -32_000) throw new AgentFault('refused', 'The agent wants you to log in first; do so with its own command.');
      throw new AgentFault('refused', `The agent answered ${method} with an error: ${String(message).slice(0, 1000)}`);
    }
  }

  private notify(method: string, params: unknown): void {
    void this.connection?.agent.notify(method, params).catch(() => {});
  }

  /** It cannot go on: whatever waits for it fails, and its processes end. */
  private fail(fault: AgentFault): void {
    if (this.fault) return;
    this.fault = fault;
    this.failed.reject(fault);
    this.connection?.close(fault);
    this.host.lost(this, fault);
    void this.terminals.releaseAll().catch(() => {});
    void this.process
      ?.end(0)
      .then(() => this.host.setProcess(null))
      .catch(() => {});
  }

  async close(graceMs: number): Promise<void> {
    const { process } = this;
    this.fault ??= new AgentFault('closed', 'The agent was ended.');
    this.failed.reject(this.fault);
    void this.terminals.releaseAll().catch(() => {});
    if (!process) return;
    await process.end(graceMs);
    this.connection?.close(this.fault);
    await this.host.setProcess(null).catch(() => {});
  }
}
