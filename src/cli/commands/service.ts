import { defineCommand } from 'citty';
import { resolvePaths, type Env } from '../../daemon/paths';
import { EXIT } from '../../kernel/codes';
import type { ServiceState } from '../../service/install';

const json = { json: { type: 'boolean', description: 'Print the whole state as JSON' } } as const;
const env: Env = process.env;

const install = defineCommand({
  meta: { name: 'install', description: 'Install zd as a service of this user, and start it' },
  args: json,
  async run({ args }) {
    const { installService, serviceState } = await import('../../service/install');
    const { stopUnmanaged, untilAnswers } = await import('../../service/takeover');
    const paths = resolvePaths(env);
    let stopped = false;
    await installService(paths, env, async () => {
      stopped = await stopUnmanaged(paths);
    });
    const pid = await untilAnswers(paths, env);
    const state = await serviceState(paths, env);
    if (args.json) return print(JSON.stringify({ ok: true, ...state }));
    print(`${state.unit} is installed and runs as pid ${pid}.\n${state.unit_path}`);
    if (stopped) note('The daemon that ran without the service was stopped first.');
    if (env.ZD_URL || env.ZD_SOCKET) note('ZD_URL or ZD_SOCKET is set: commands of this shell go there, not to the service.');
    for (const hint of hints(state)) note(hint);
  },
});

const uninstall = defineCommand({
  meta: { name: 'uninstall', description: 'Stop the service and remove it; data and configuration stay' },
  args: json,
  async run({ args }) {
    const { serviceState, uninstallService } = await import('../../service/install');
    const paths = resolvePaths(env);
    const { unit } = await serviceState(paths, env);
    const removed = await uninstallService(paths, env);
    if (args.json) return print(JSON.stringify({ ok: true, unit, removed }));
    print(removed ? `${unit} is stopped and removed.` : `${unit} is not installed.`);
    if (removed) note(`Data stays in ${paths.dataDir}.`);
  },
});

const status = defineCommand({
  meta: { name: 'status', description: 'Show whether the service is installed and runs, and what it starts (exit 4: not installed, 3: not running)' },
  args: json,
  async run({ args }) {
    const { serviceState } = await import('../../service/install');
    const state = await serviceState(resolvePaths(env), env);
    print(args.json ? JSON.stringify({ ok: true, ...state }) : table(state));
    if (!args.json) for (const hint of hints(state)) note(hint);
    process.exitCode = !state.installed ? EXIT.missing : state.active ? EXIT.ok : EXIT.down;
  },
});

export const serviceCommand = defineCommand({
  meta: { name: 'service', description: 'Run zd as a systemd user service or launchd agent' },
  subCommands: { install, uninstall, status },
});

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
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`${text}\n`);
