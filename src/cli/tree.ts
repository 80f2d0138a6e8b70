import type { CommandDef } from 'citty';
import { areaSummary, derivedWords, entries, entryOf } from './catalogue';
import { derive } from './derive';

type Load = () => Promise<CommandDef>;

/** Commands that are not derived from an operation, in the order of the help. Each is loaded only when it is run. */
const STATIC: Readonly<Record<string, Load>> = {
  up: async () => (await import('./commands/up')).up,
  down: async () => (await import('./commands/down')).down,
  restart: async () => (await import('./commands/restart')).restart,
  reload: async () => (await import('./commands/reload')).reload,
  status: async () => (await import('./commands/status')).status,
  run: async () => (await import('./commands/run')).run,
  wait: async () => (await import('./commands/wait')).wait,
  logs: async () => (await import('./commands/logs')).logs,
  open: async () => (await import('./commands/open')).open,
  ui: async () => (await import('./commands/ui')).ui,
  doctor: async () => (await import('./commands/doctor')).doctor,
  service: async () => (await import('./commands/service')).serviceCommand as CommandDef,
  'config show': async () => (await import('./commands/config_show')).configShow,
  'config check': async () => (await import('./commands/config_check')).configCheck,
  'lock run': async () => (await import('./commands/lock_run')).lockRun,
  'lock acquire': async () => (await import('./commands/lock_acquire')).lockAcquire,
  'lock try': async () => (await import('./commands/lock_acquire')).lockTry,
  'job submit': async () => (await import('./commands/job_submit')).jobSubmit,
  'job list': async () => (await import('./commands/job_list')).jobList,
  'job logs': async () => (await import('./commands/job_logs')).jobLogs,
  'job attach': async () => (await import('./commands/job_attach')).jobAttach,
  'schedule add': async () => (await import('./commands/schedule_add')).scheduleAdd,
  'schedule once': async () => (await import('./commands/schedule_add')).scheduleOnce,
  broker: async () => (await import('./commands/broker')).broker,
  'artifact put': async () => (await import('./commands/artifact_put')).artifactPut,
  'artifact get': async () => (await import('./commands/artifact_get')).artifactGet,
  'artifact verify': async () => (await import('./commands/artifact_verify')).artifactVerify,
  'approvals allow': async () => (await import('./commands/approvals_answer')).approvalsAllow,
  'approvals deny': async () => (await import('./commands/approvals_answer')).approvalsDeny,
  watch: async () => derive(entryOf('watch')!, (await import('../client/watch')).followWatch),
  export: async () => (await import('./commands/export')).exportCommand,
  view: async () => (await import('./commands/export')).viewCommand,
  import: async () => (await import('./commands/import')).importCommand,
  record: async () => (await import('./commands/record')).record,
  where: async () => (await import('./commands/where')).where,
  init: async () => (await import('./commands/init')).init,
  'shell register': async () => (await import('./commands/shell_register')).shellRegister,
  'shell send': async () => (await import('./commands/shell_send')).shellSend,
  'shell notify': async () => (await import('./commands/shell_notify')).shellNotify,
  'shell result': async () => (await import('./commands/shell_result')).shellResult,
  'ask ask': async () => (await import('./commands/ask_ask')).askAsk,
  'history append': async () => (await import('./commands/history_append')).historyAppend,
  'history search': async () => (await import('./commands/history_search')).historySearch,
  'history import': async () => (await import('./commands/history_import')).historyImport,
  attach: async () => (await import('./commands/attach')).attach,
  cached: async () => (await import('./commands/cached')).cached,
  mcp: async () => (await import('./commands/mcp')).mcp,
  'mcp install': async () => (await import('./commands/mcp_install')).mcpInstall,
  send: async () => (await import('./commands/send')).send,
  inbox: async () => (await import('./commands/inbox')).inbox,
  'mesh join': async () => (await import('./commands/mesh_join')).meshJoin,
  'mesh import': async () => (await import('./commands/mesh_import')).meshImport,
  call: async () => (await import('./commands/call')).call,
  ops: async () => (await import('./commands/ops')).ops,
  completions: async () => (await import('./commands/completions')).completions,
  help: async () => (await import('./commands/help')).help,
  version: async () => (await import('./commands/version')).version,
};

export interface Found {
  readonly words: readonly string[];
  readonly command: CommandDef;
}

/** The command behind the longest run of leading words, or null. Words below a citty command's own subcommands count too. */
export async function findCommand(words: readonly string[]): Promise<Found | null> {
  for (let length = Math.min(words.length, 3); length > 0; length--) {
    const path = words.slice(0, length);
    const name = path.join(' ');
    const load = Object.hasOwn(STATIC, name) ? STATIC[name] : undefined;
    if (load) return below(path, await load(), words);
    const entry = entryOf(name);
    if (entry) return { words: path, command: derive(entry) };
  }
  return null;
}

async function below(path: readonly string[], command: CommandDef, words: readonly string[]): Promise<Found> {
  const children = await childrenOf(command);
  const next = words[path.length];
  if (next === undefined || !Object.hasOwn(children, next)) return { words: path, command };
  return below([...path, next], await resolve(children[next]!), words);
}

/** A group of commands by its words, or the root by none; null when no command begins so. */
export async function findGroup(words: readonly string[]): Promise<CommandDef | null> {
  const prefix = words.map((word) => `${word} `).join('');
  const names = allWords().filter((name) => name.startsWith(prefix));
  if (names.length === 0) return null;
  const children = new Map<string, CommandDef>();
  for (const name of names) {
    const word = name.slice(prefix.length).split(' ', 1)[0]!;
    if (children.has(word)) continue;
    const path = [...words, word];
    const found = await findCommand(path);
    const exact = found?.words.length === path.length ? found.command : null;
    const group = await findGroup(path);
    // `zd watch DIR` is a command, and `zd watch list` one below it.
    children.set(word, exact && group ? { ...exact, subCommands: group.subCommands } : (exact ?? group)!);
  }
  return { meta: { name: ['zd', ...words].join(' '), description: groupSummary(words) }, subCommands: Object.fromEntries(children) };
}

/** Every command's words: ours in help order, then the derived ones of areas that are not ours. */
export const allWords = (): string[] => [...new Set([...Object.keys(STATIC), ...derivedWords()])];

/** The words that may stand first, or after a group's words. */
export const nextWords = (words: readonly string[]): string[] => {
  const prefix = words.map((word) => `${word} `).join('');
  return [
    ...new Set(
      allWords()
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length).split(' ', 1)[0]!),
    ),
  ];
};

export async function childrenOf(command: CommandDef): Promise<Record<string, unknown>> {
  const { subCommands } = command;
  return (await (typeof subCommands === 'function' ? subCommands() : subCommands)) ?? {};
}

export const resolve = async (command: unknown): Promise<CommandDef> =>
  (await (typeof command === 'function' ? (command as () => unknown)() : command)) as CommandDef;

function groupSummary(words: readonly string[]): string {
  if (words.length === 0) return 'One small daemon for everything your shells, scripts, editors and agents share';
  const area = entries().find((entry) => entry.cli?.path[0] === words[0])?.area ?? '';
  return areaSummary(area).replace(/\.$/, '');
}
