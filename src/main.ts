/** argv → exit code. It loads nothing before it knows the command: the client's verbs must cost about what curl costs. */
async function main(): Promise<number> {
  const [first] = process.argv.slice(2);
  if (first === '__daemon') {
    const { runDaemon } = await import('./daemon/main');
    return runDaemon({ foreground: false });
  }
  const { runCli } = await import('./cli/main');
  return runCli(process.argv.slice(2), process.env);
}

process.exit(await main());

export {};
