// Modules of the runtime that take milliseconds to load. They are loaded where they are first used: whoever waits for the start needs none of them.

export const nodeCrypto = () => process.getBuiltinModule('node:crypto');
export const nodeZlib = () => process.getBuiltinModule('node:zlib');
export const nodeStream = () => process.getBuiltinModule('node:stream');
