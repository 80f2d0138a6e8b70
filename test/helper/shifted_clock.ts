import { readFileSync } from 'node:fs';

/** Preloaded by a daemon under test: its wall clock is off by the milliseconds that stand in the file `ZD_TEST_CLOCK`. */
const file = process.env.ZD_TEST_CLOCK!;
const real = Date.now;
Date.now = () => real() + Number(readFileSync(file, 'utf8'));
