import { existsSync } from 'node:fs';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { LEVELS, type Level } from '../../kernel/log';
import { command, type Invocation } from '../command';
import { followLog, lastLines } from '../log_reader';
import { printable } from '../format';

const COLORS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

export const logs = command({
  name: 'logs',
  summary: "Print the end of the daemon's log; works without the daemon",
  args: {
    follow: { type: 'boolean', alias: 'f', description: 'Go on with what is written, also across rotation' },
    lines: { type: 'string', alias: 'n', value: 'integer', minimum: 0, default: 50, valueHint: 'n', description: 'How many lines from the end' },
    level: { type: 'enum', options: [...LEVELS], description: 'Only this level and above' },
  },
  run: async ({ follow, lines, level }, invocation) => {
    const { paths } = invocation;
    if (!follow && !existsSync(paths.logFile))
      throw new ClientError('no_log', `there is no log at ${paths.logFile}`, 'Start the daemon with: zd up', EXIT.missing);
    const print = await printer(level as Level | undefined, invocation);
    const { shown, position } = lastLines(paths.logFile, lines as number);
    for (const line of shown) print(line);
    if (!follow) return EXIT.ok;
    const signal = invocation.interrupted();
    for await (const line of followLog(paths.logFile, position, signal)) print(line);
    return EXIT.interrupted;
  },
});

async function printer(level: Level | undefined, { globals, out }: Invocation): Promise<(line: string) => void> {
  const paint = await out.paint();
  return (line) => {
    const record = parse(line);
    if (level && record && LEVELS.indexOf(record.level) < LEVELS.indexOf(level)) return;
    if (globals.json || !out.terminal || !record) return out.line(line);
    const { ts, level: of, msg, ...fields } = record;
    const rest = Object.entries(fields).map(
      ([name, value]) => `${paint('gray', `${name}=`)}${printable(typeof value === 'string' ? value : JSON.stringify(value))}`,
    );
    out.line([paint('gray', String(ts)), paint(COLORS[of], of.padEnd(5)), printable(String(msg)), ...rest].join(' '));
  };
}

function parse(line: string): ({ level: Level } & Record<string, unknown>) | null {
  try {
    const value = JSON.parse(line) as { level: Level } & Record<string, unknown>;
    return LEVELS.includes(value.level) ? value : null;
  } catch {
    return null;
  }
}
