import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import packageJson from '../package.json';

const root = resolve(import.meta.dir, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const glob = (...patterns: string[]) => patterns.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync(root)]).toSorted();
const source = glob('src/**/*.ts');
const code = [...source, ...glob('scripts/**/*.ts', 'test/**/*.ts')];

interface Import {
  readonly from: string;
  /** The file in the repository, or the package's name. */
  readonly to: string;
  readonly dynamic: boolean;
  readonly typeOnly: boolean;
}

const transpiler = new Bun.Transpiler({ loader: 'ts' });

/** Run-time imports as the transpiler sees them, and type-only ones, which it leaves out, by their form. */
function importsOf(file: string): Import[] {
  const text = read(file);
  const runtime = transpiler.scanImports(text).map(({ path, kind }) => ({ path, dynamic: kind === 'dynamic-import', typeOnly: false }));
  const types = [...text.matchAll(/^(?:import|export) type [^;]*? from '([^']+)'/gm)].map((match) => ({
    path: match[1]!,
    dynamic: false,
    typeOnly: true,
  }));
  return [...runtime, ...types].map(({ path, ...rest }) => ({ from: file, to: locate(file, path), ...rest }));
}

function locate(from: string, path: string): string {
  if (!path.startsWith('.')) return path;
  const base = relative(root, resolve(root, dirname(from), path));
  return source.find((file) => file === base || file === `${base}.ts` || file === `${base}/index.ts`) ?? base;
}

const imports = source.flatMap(importsOf);
const areaOf = (file: string) => /^src\/areas\/([^/]+)\//.exec(file)?.[1];
const layerOf = (file: string) => /^src\/([^/.]+)/.exec(file)?.[1] ?? '';
const isOurs = (path: string) => path.startsWith('src/');

/** Which folders of src a folder may import, beside itself. Everybody may know the version; types may come from wherever the arrow points. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  storage: ['kernel'],
  areas: ['kernel', 'storage'],
  transport: ['areas', 'kernel', 'web'],
  web: ['transport', 'kernel'],
  service: ['kernel', 'client', 'daemon'],
  client: ['kernel', 'daemon'],
  broker: ['areas', 'kernel', 'storage', 'transport', 'daemon'],
  daemon: ['areas', 'kernel', 'storage', 'transport', 'web', 'client', 'service', 'cli', 'broker'],
  cli: ['areas', 'kernel', 'client', 'daemon', 'service', 'broker'],
  main: ['cli', 'daemon'],
};

describe('imports', () => {
  test('run one way between the folders', () => {
    const wrong = imports.filter(
      ({ from, to }) => isOurs(to) && layerOf(from) !== layerOf(to) && layerOf(to) !== 'version' && !ARROWS[layerOf(from)]?.includes(layerOf(to)),
    );
    expect(wrong).toEqual([]);
  });

  test('the kernel imports only the schema library and Bun', () => {
    const allowed = /^(src\/kernel\/|node:|bun$|@sinclair\/typebox)/;
    expect(imports.filter(({ from, to }) => layerOf(from) === 'kernel' && !allowed.test(to))).toEqual([]);
  });

  test('an area reaches another one only through the type of its service', () => {
    const across = imports.filter(({ from, to }) => areaOf(from) && areaOf(to) && areaOf(from) !== areaOf(to));
    expect(across.filter(({ to, typeOnly }) => !typeOnly || !to.endsWith('/service.ts'))).toEqual([]);
  });

  test('the broker knows the wire of the mesh, and nothing else of any area', () => {
    const beyond = imports.filter(({ from, to }) => layerOf(from) === 'broker' && layerOf(to) === 'areas' && !to.startsWith('src/areas/mesh/wire/'));
    expect(beyond).toEqual([]);
  });

  test('only compose.ts and the command line know every area', () => {
    const knows = imports.filter(({ to, typeOnly }) => to === 'src/areas/index.ts' && !typeOnly).map((each) => each.from);
    expect(knows.toSorted()).toEqual(['src/cli/catalogue_build.ts', 'src/daemon/compose.ts']);
  });

  test('Elysia stays in transport and web, SQLite in storage, the stores and the daemon', () => {
    const elysia = imports.filter(({ to }) => to === 'elysia' || to.startsWith('@elysiajs/')).map(({ from }) => layerOf(from));
    expect([...new Set(elysia)].filter((layer) => layer !== 'transport' && layer !== 'web')).toEqual([]);
    const sqlite = imports.filter(({ to, typeOnly }) => to === 'bun:sqlite' && !typeOnly).map(({ from }) => from);
    expect(sqlite.filter((file) => !/^src\/(storage|areas|daemon)\//.test(file))).toEqual([]);
  });

  test('what a client verb loads has no Elysia, no SQLite, no areas and no transport', () => {
    const loaded = reachable(['src/main.ts', 'src/cli/main.ts', 'src/client/client.ts', 'src/cli/derive.ts']);
    const heavy = [...loaded].filter((path) =>
      /^(elysia|@elysiajs\/|bun:sqlite|@sinclair\/typebox|swagger-ui-dist)|^src\/(areas|transport|storage|web)\//.test(path),
    );
    expect(heavy).toEqual([]);
  });

  test('every file of src is reached from main.ts', () => {
    const declared = source.filter((file) => file.endsWith('.d.ts'));
    const reached = reachable(['src/main.ts'], { dynamic: true, types: true, macros: true });
    expect(source.filter((file) => !reached.has(file) && !declared.includes(file))).toEqual([]);
  });
});

/** What is loaded with these files. Macros run while bundling, so what they import is not loaded. */
function reachable(entries: readonly string[], follow = { dynamic: false, types: false, macros: false }): Set<string> {
  const seen = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!source.includes(file)) continue;
    const macros = follow.macros ? [] : [...read(file).matchAll(/from '([^']+)' with \{ type: 'macro' \}/g)].map((match) => locate(file, match[1]!));
    queue.push(
      ...importsOf(file)
        .filter((item) => (follow.dynamic || !item.dynamic) && (follow.types || !item.typeOnly) && !macros.includes(item.to))
        .map((item) => item.to),
    );
  }
  return seen;
}

describe('files', () => {
  test('stay under 250 lines, operations under 80', () => {
    const lines = (file: string) => read(file).split('\n').length - 1;
    expect(code.filter((file) => lines(file) > 250).map((file) => `${file}: ${lines(file)}`)).toEqual([]);
    const ops = source.filter((file) => areaOf(file) && /^export const \w+ = define(Op|Stream)\(/m.test(read(file)));
    expect(ops.filter((file) => lines(file) > 80).map((file) => `${file}: ${lines(file)}`)).toEqual([]);
  });

  test('only main.ts ends the process', () => {
    expect(source.filter((file) => /\bprocess\.exit\(/.test(read(file)))).toEqual(['src/main.ts']);
  });

  test('hold no unfinished work and no skipped test', () => {
    const marks = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);
    expect(code.filter((file) => marks.test(read(file)))).toEqual([]);
    const skips = new RegExp(`\\b(test|it|describe)\\.(sk${'ip'}|on${'ly'}|to${'do'})\\b`);
    expect(glob('test/**/*.ts').filter((file) => skips.test(read(file)))).toEqual([]);
  });

  test('are named for one thing: no utils, helpers of everything or barrels', () => {
    expect(source.filter((file) => /\/(utils?|helpers?|common|misc|shared|lib)(\/|\.ts$)/.test(file))).toEqual([]);
    expect(source.filter((file) => file.endsWith('/index.ts'))).toEqual(['src/areas/index.ts']);
  });

  test('at the top are the ones people and tools expect', () => {
    const tracked = Bun.spawnSync(['git', '-C', root, 'ls-files', '--cached', '--others', '--exclude-standard']).stdout.toString().trim().split('\n');
    const top = [...new Set(tracked.filter(Boolean).map((file) => file.split('/')[0]!))];
    const allowed = [
      '.ci',
      '.gitignore',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'bun.lock',
      'bunfig.toml',
      'launchd',
      'package.json',
      'scripts',
      'src',
      'systemd',
      'test',
      'tsconfig.json',
    ];
    expect(top.filter((name) => !allowed.includes(name))).toEqual([]);
  });
});

describe('dependencies', () => {
  const all = { ...packageJson.dependencies, ...packageJson.devDependencies };

  test('have exact versions', () => {
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(packageJson.packageManager).toBe(`bun@${packageJson.devDependencies.bun}`);
  });

  test('each have their reason in CONTRIBUTING', () => {
    const reasons = new Set([...read('CONTRIBUTING.md').matchAll(/^- `([^`]+)`: .+/gm)].map((match) => match[1]!));
    expect(Object.keys(all).filter((name) => !reasons.has(name))).toEqual([]);
    expect([...reasons].filter((name) => !(name in all))).toEqual([]);
  });

  test('are the only packages the source imports', () => {
    const packageOf = (path: string) => (path.startsWith('@') ? path.split('/').slice(0, 2).join('/') : path.split('/')[0]!);
    const foreign = imports
      .map(({ to }) => to)
      .filter(
        (to) => !isOurs(to) && !/^(node:|bun(:|$))/.test(to) && !to.startsWith('launchd/') && !to.startsWith('systemd/') && to !== 'package.json',
      );
    expect([...new Set(foreign.map(packageOf))].filter((name) => !(name in packageJson.dependencies))).toEqual([]);
  });
});
