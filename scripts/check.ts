import { install, step } from './setup';

/** `bun run check`: types and unused names (`bun check`), then the format (`bun fmt`). Both always run, so one look shows everything. */
install();
const types = step(['check', '--no-script']);
const format = step(['fmt', '--no-script', '--check']);
process.exit(types && format ? 0 : 1);
