const t0 = performance.now();
const { runCli } = await import('./cli/main');
const t1 = performance.now();
if (process.argv[2] === '__daemon') { const { runDaemon } = await import('./daemon/main'); await runDaemon({foreground:false}); }
const c = await runCli(process.argv.slice(2), process.env);
const t2 = performance.now();
require('node:fs').writeSync(2, `${t0.toFixed(2)} ${(t1-t0).toFixed(2)} ${(t2-t1).toFixed(2)}\n`);
process.exit(c);
export {};
