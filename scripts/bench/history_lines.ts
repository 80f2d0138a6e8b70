const COMMANDS = [
  ...['git commit -m', 'git checkout', 'docker run --rm -it', 'kubectl get pods -n', 'cd', 'ls -la', 'vim', 'grep -rn', 'find . -name', 'npm run'],
  ...['cargo build -p', 'ssh', 'curl -sS', 'make -j4', 'python3 -m', 'bun test', 'rg', 'cat', 'systemctl restart', 'terraform apply -var'],
];
const WORDS = [
  ...[
    'alpha',
    'beta',
    'gamma',
    'server',
    'client',
    'prod',
    'staging',
    'config',
    'history',
    'search',
    'index',
    'deploy',
    'render',
    'widget',
    'kernel',
  ],
  ...[
    'parser',
    'lexer',
    'router',
    'socket',
    'stream',
    'backup',
    'restore',
    'metrics',
    'events',
    'payment',
    'invoice',
    'account',
    'profile',
    'session',
    'cache',
  ],
];
const ENDINGS = ['ts', 'rs', 'py', 'md'];

/** Command lines as people type them, nearly all different; the same ones in every run. */
export function historyLines(count: number): string[] {
  let state = 12_345;
  // xorshift32 (Marsaglia 2003): the low bits are as good as the others.
  const pick = <T>(from: readonly T[]): T => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return from[(state >>> 0) % from.length]!;
  };
  return Array.from({ length: count }, (_, at) =>
    at % 10 === 0 ? 'git status' : `${pick(COMMANDS)} ${pick(WORDS)}-${pick(WORDS)} ${pick(WORDS)}/${pick(WORDS)}.${pick(ENDINGS)} ${at}`,
  );
}
