// From here its hook holds for every file: a runner that shares modules between files would register it for the first one only.
import './helper/daemon';

/** Runs before every test file: the tests must not see the settings of whoever runs them. */
const KEEP = new Set(['ZD_BIN', 'ZD_OP_TRACE']);

for (const name of Object.keys(process.env)) {
  if (name.startsWith('ZD_') && !KEEP.has(name)) delete process.env[name];
}
delete process.env.NO_COLOR;
delete process.env.FORCE_COLOR;
process.umask(0o022);
