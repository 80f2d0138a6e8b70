import { expect } from 'bun:test';
import type { TestDaemon } from './daemon';
import { openSocket } from './socket';

export interface Member {
  readonly id: number;
  readonly key: string;
  readonly pid: number;
  /** A call of this shell over HTTP. */
  call(op: string, input?: object): Promise<{ status: number; body: any }>;
}

export type SocketShell = Awaited<ReturnType<ShellRig['socket']>>;

/** Shells of one daemon, each a process that lives until it is ended. */
export class ShellRig {
  private readonly children: Bun.Subprocess[] = [];

  constructor(private readonly daemon: () => TestDaemon) {}

  process(): Bun.Subprocess {
    const child = Bun.spawn(['sleep', '1000']);
    this.children.push(child);
    return child;
  }

  async as(key: string, op: string, input: object = {}): Promise<{ status: number; body: any }> {
    const headers = { 'content-type': 'application/json', 'zd-shell-key': key };
    const response = await this.daemon().fetch(`/op/${op}`, { method: 'POST', headers, body: JSON.stringify(input) });
    return { status: response.status, body: await response.json() };
  }

  /** A shell that registers over HTTP. */
  async member(wish: object = {}, child = this.process()): Promise<Member> {
    const { status, body } = await this.daemon().call('register', { shell_pid: child.pid, ...wish });
    expect([status, body.msg]).toEqual([200, undefined]);
    const key: string = body.shell_key;
    return { id: body.shell_id, key, pid: child.pid, call: (op, input) => this.as(key, op, input) };
  }

  /** A shell that registers over a WebSocket. */
  async socket(wish: object = {}, child = this.process()) {
    const socket = await openSocket(this.daemon());
    const { ok, err, shell_id, shell_key } = await socket.call('register', { shell_pid: child.pid, ...wish });
    expect([ok, err]).toEqual([true, undefined]);
    return { ...socket, id: shell_id as number, key: shell_key as string, pid: child.pid };
  }

  /** Ends a process and waits until the system knows. */
  async end(pid: number): Promise<void> {
    const child = this.children.find((each) => each.pid === pid)!;
    child.kill('SIGKILL');
    await child.exited;
  }

  close(): void {
    for (const child of this.children) child.kill('SIGKILL');
  }
}
