import { entryOf } from './catalogue';
import { UsageError, type Args, type Parsed } from './command';
import { argsOf, inputOf } from './derive';

/** The name says where a zd is or what only a zd may know, makes Bun act as another program, or belongs to a service manager's own child. */
const NOT_PASSED = /^(ZD_.*|BUN_(OPTIONS|BE_BUN|INSPECT.*)|NOTIFY_SOCKET|LISTEN_(FDS|PID|FDNAMES)|_)$/;

const OWN: Args = {
  env: { type: 'boolean', description: 'Give it the environment of this shell' },
  set: { type: 'string', many: true, valueHint: 'name=value…', description: 'Give it one variable' },
  stdin: { type: 'boolean', description: 'Give it what this command reads, to the end (1 MiB at most)' },
};

/** The flags of whatever submits a job: those of the operation, with the environment as a shell has it. */
export function requestArgs(): { readonly args: Args; readonly fields: ReadonlyMap<string, string> } {
  const { args, fields } = argsOf(entryOf('job submit')!);
  const { env: _, stdin: __, ...rest } = args;
  return { args: { ...OWN, ...rest, cwd: { ...rest.cwd, description: 'Where it runs (default: here)', suggest: 'folders' } }, fields };
}

/** What goes over the wire. */
export async function requestOf(
  parsed: Parsed,
  fields: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, unknown>> {
  const { env: whole, stdin, ...rest } = inputOf(fields, parsed);
  const variables = { ...(whole === true ? passable(env) : {}), ...assignments((parsed.set as string[] | undefined) ?? []) };
  return {
    ...rest,
    cwd: resolveHere(parsed.cwd as string | undefined),
    ...(Object.keys(variables).length > 0 ? { env: variables } : {}),
    ...(stdin === true ? { stdin: await Bun.stdin.text() } : {}),
  };
}

function resolveHere(cwd: string | undefined): string {
  const here = process.cwd();
  if (cwd === undefined) return here;
  return cwd.startsWith('/') ? cwd : `${here === '/' ? '' : here}/${cwd}`;
}

function assignments(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new UsageError(`--set wants NAME=VALUE, not "${text}"`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

const passable = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && !NOT_PASSED.test(entry[0])));
