import { install, step } from './setup';

/** `bun run up`: everything from a fresh checkout to a running daemon, then a short tour of it. Each step is needed by the next. */
console.log('Installing what zd is built from…');
install();
console.log('Building dist/zd…');
if (!step(['scripts/compile.ts'])) process.exit(1);
process.exit(step(['scripts/tour.ts']) ? 0 : 1);
