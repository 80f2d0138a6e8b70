import type { Ran } from '../../src/service/manager';
import { readFileSync } from 'node:fs';

const ok = (stdout = ''): Ran => ({ code: 0, stdout, stderr: '' });
const no = (code: number, stderr: string): Ran => ({ code, stdout: '', stderr });

/** As much of launchd as an agent meets: domains, loading, and that `bootout` returns before the agent is gone. */
export class FakeLaunchd {
  readonly calls: string[][] = [];
  readonly disabled = new Set<string>();
  /** Whether what is started ends at once. */
  refuses = false;
  private readonly agents = new Map<string, { pid: number | null; leaving: number; idle?: string }>();
  private nextPid = 100;

  constructor(private readonly domains: readonly string[]) {}

  readonly run = async (argv: readonly string[]): Promise<Ran> => {
    this.calls.push([...argv]);
    const [program, verb, target = '', file = ''] = argv;
    if (program !== 'launchctl') return no(127, 'not installed');
    const [domain, label] = [target.split('/').slice(0, 2).join('/'), target.split('/')[2]];
    if (!this.domains.includes(domain)) return no(113, `Could not find domain for: ${domain}`);
    const agent = label === undefined ? undefined : this.find(label);
    if (verb === 'print')
      return label === undefined
        ? ok('domain')
        : agent
          ? ok(
              `${target} = {\n\tactive count = 1\n\tstate = ${agent.pid ? 'running' : (agent.idle ?? 'not running')}\n${agent.pid ? `\tpid = ${agent.pid}\n` : ''}}`,
            )
          : no(113, 'Could not find service');
    if (verb === 'print-disabled') return ok(`disabled services = {\n${[...this.disabled].map((name) => `\t\t"${name}" => disabled`).join('\n')}\n}`);
    if (verb === 'enable') return (void this.disabled.delete(label!), ok());
    if (verb === 'bootstrap') {
      const name = /<key>Label<\/key>\s*<string>(.*?)</.exec(readFileSync(file, 'utf8'))![1]!;
      if (this.agents.has(name)) return no(5, 'Bootstrap failed: 5: Input/output error');
      return (void this.agents.set(name, { pid: this.spawn(), leaving: 0 }), ok());
    }
    if (!agent) return no(113, 'Could not find service');
    if (verb === 'kickstart') return (void (agent.pid ??= this.spawn()), ok());
    if (verb === 'bootout') return (void (agent.leaving = 3), no(36, 'Boot-out failed: 36: Operation now in progress'));
    return no(64, `unknown verb ${verb}`);
  };

  /** The agent's process ended by itself, well. */
  end(label: string): void {
    this.agents.get(label)!.pid = null;
  }

  /** The agent's process ended badly: launchd will start it again. */
  crash(label: string): void {
    Object.assign(this.agents.get(label)!, { pid: null, idle: 'spawn scheduled' });
  }

  pid(label: string): number | null {
    return this.agents.get(label)?.pid ?? null;
  }

  private spawn(): number | null {
    return this.refuses ? null : this.nextPid++;
  }

  private find(label: string): { pid: number | null; leaving: number; idle?: string } | undefined {
    const agent = this.agents.get(label);
    if (agent && agent.leaving > 0 && --agent.leaving === 0) this.agents.delete(label);
    return this.agents.get(label);
  }
}
