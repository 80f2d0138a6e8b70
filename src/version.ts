import { version as packageVersion } from '../package.json' with { type: 'json' };

/** Set by the build to the short hash of the commit. */
declare const ZD_COMMIT: string | undefined;

export const version: string = packageVersion;
export const commit: string = typeof ZD_COMMIT === 'undefined' ? 'dev' : ZD_COMMIT;
export const protocolVersion = 1;
