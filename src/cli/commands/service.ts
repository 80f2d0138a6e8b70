import { defineCommand } from 'citty';
import { EXIT } from '../../kernel/code_info';
import type { ServiceState } from '../../service/install';
import { command, type Invocation } from '../command';

const install = command({
  name: 'service install',
  summary: 'Install zd as a service of this user, and start it',
  async run(_args, invocation) {
    const { installService } = await import('../../service/install');
    const { stopUnmanaged } = await import('../../service/unmanaged');
    const { env, paths, out } = invocation;
    let stopped = false;
    const state = await installService(paths, env, async () => {
      stopped = await stopUnmanaged(paths);
    });
    show(invocation, state, state.unit, `${state.unit} is installed and runs as pid ${state.pid}.\n${state.unit_path}`);
    if (stopped) out.note('The daemon that ran without the service was stopped first.');
    if (env.ZD_URL || env.ZD_SOCKET) out.note('ZD_URL or ZD_SOCKET is set: commands of this shell go there, not to the service.');
  },
});

const uninstall = command({
  name: 'service uninstall',
  summary: 'Stop the service and remove it; data and configuration stay',
  async run(_args, { env, paths, globals, out }) {
    const { serviceState, uninstallService } = await import('../../service/install');
    const { unit } = await serviceState(paths, env);
    const removed = await uninstallService(paths, env);
    if (globals.json) return out.line(JSON.stringify({ ok: true, unit, removed }));
    if (!globals.quiet) out.line(removed ? `${unit} is stopped and removed.` : `${unit} is not installed.`);
    if (removed) out.note(`Data stays in ${paths.dataDir}.`);
  },
});

const status = command({
  name: 'service status',
  summary: 'Show whether the service is installed and runs, and what it starts (exit 4: not installed, 3: not running)',
  async run(_args, invocation) {
    const { serviceState } = await import('../../service/install');
    const state = await serviceState(invocation.paths, invocation.env);
    show(invocation, state, state.state ?? '', table(state));
    return !state.installed ? EXIT.missing : state.active ? EXIT.ok : EXIT.down;
  },
});

export const serviceCommand = defineCommand({
  meta: { name: 'service', description: 'Run zd as a systemd user service or launchd agent' },
  subCommands: { install, uninstall, status },
});

function show({ globals, out }: Invocation, state: ServiceState, essential: string, text: string): void {
  if (globals.json) return out.line(JSON.stringify({ ok: true, ...state }));
  if (globals.quiet) return essential === '' ? undefined : out.line(essential);
  out.line(text);
  for (const hint of hints(state)) out.note(hint);
}

function table(state: ServiceState): string {
  const rows: [string, string][] = [
    ['service', `${state.unit}${state.manager === 'none' ? ' (no service manager known on this platform)' : ` (${state.manager})`}`],
    ['installed', state.installed ? `yes, ${state.unit_path}` : 'no'],
  ];
  if (state.installed) {
    rows.push(
      ['at login', state.reachable ? yesNo(state.enabled) : 'unknown, the manager does not answer'],
      ['running', state.active ? `yes, pid ${state.pid}` : `no (${state.state ?? 'unknown'})`],
      ['command', state.command?.join(' ') ?? 'unknown: the file was not written by zd'],
    );
  }
  if (state.installed && state.linger !== null) rows.push(['after logout', state.linger ? 'keeps running (lingering)' : 'stops']);
  rows.push(['log', state.log]);
  return rows.map(([name, value]) => `${name.padEnd(13)}${value}`).join('\n');
}

function hints(state: ServiceState): string[] {
  const all: string[] = [];
  if (!state.installed) all.push('Install it with: zd service install');
  if (state.stale) all.push('The service starts another program than this one, or one that is gone. Correct it with: zd service install');
  if (state.installed && state.linger === false) all.push('It stops when you log out. To keep it, and start it at boot: loginctl enable-linger');
  return all;
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
