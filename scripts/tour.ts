import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Starts the daemon with the built program and shows, live, what it does. Every line that is shown as a command is run as it stands. */
const binary = join(import.meta.dir, '../dist/zd');
const shown = relative(process.cwd(), binary);
const name = shown.startsWith('..') ? binary : `./${shown}`;
if (!existsSync(binary)) throw new Error(`${name} is not there: run \`bun run build\` first`);

const bold = process.stdout.isTTY && !process.env.NO_COLOR ? (text: string) => `\x1b[1m${text}\x1b[0m` : (text: string) => text;
const say = (text: string) => console.log(`\n${text}`);
const quoted = (word: string) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`);
const show = (args: readonly string[], note = '') => console.log(`  ${bold(`$ ${[name, ...args].map(quoted).join(' ')}`)}${note}`);
const indent = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');

/** Runs one command in view; the tour ends with its code when it fails. */
function run(...args: string[]): string {
  show(args);
  const ran = Bun.spawnSync([binary, ...args], { stderr: 'inherit' });
  const said = ran.stdout.toString();
  if (said) console.log(indent(said));
  if (!ran.success) process.exit(ran.exitCode);
  return said.trim();
}

say('Start the daemon. It returns when the daemon answers, and does nothing when it runs already.');
run('up');

say('Store a value for an hour, and read it.');
run('cache', 'put', 'tour', 'greeting', 'hello from zd', '--ttl', '3600');
run('cache', 'get', 'tour', 'greeting');

say('Listen in one terminal, publish in another. The listener is live; it ends here after one event.');
const listen = ['events', '*.tour.*', '--count', '1', '--json'];
show(listen, '   (in the background)');
const before = streams();
const listener = Bun.spawn([binary, ...listen], { stdout: 'pipe', stderr: 'inherit' });
while (streams() <= before && listener.exitCode === null) await Bun.sleep(10);
run('publish', 'tour.done', '{"steps": 3}');
const heard = await listener.stdout.text();
if ((await listener.exited) !== 0) process.exit(1);
console.log(`  the listener heard:\n${indent(heard)}`);

say('Every operation, with its arguments, examples and a button to try it, without any internet:');
const page = run('open', '--print');
const token = Bun.spawnSync([binary, 'open', '--token'], { stderr: 'ignore' }).stdout.toString().trim();
if (token) console.log(`  ${page} asks for the token in ${token}`);

say(`It keeps running. ${bold(`${name} status`)} shows where, ${bold(`${name} --help`)} what else it does, ${bold(`${name} down`)} stops it.`);
console.log(`To have it at hand everywhere: ${bold(`cp ${name} ~/.local/bin/zd`)}, then ${bold('zd service install')}.`);

/** Open streams, as the daemon counts them: the publish must not come before the listener is there. */
function streams(): number {
  const ran = Bun.spawnSync([binary, 'call', 'event_stats'], { stderr: 'inherit' });
  if (!ran.success) process.exit(ran.exitCode);
  return (JSON.parse(ran.stdout.toString()) as { streams: number }).streams;
}
