import { describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runZd, startDaemon, tempHome } from '../helper/daemon';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

interface Entry {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

describe('zd mcp install', () => {
  test('prints what an agent needs, and that starts a server which works', async () => {
    const daemon = await startDaemon();
    const ran = await daemon.zd('mcp', 'install', 'cursor', '--allow', 'cache', '--only', 'cache');
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('.cursor/mcp.json');
    const { command, args, env } = (JSON.parse(ran.stdout) as { mcpServers: { zd: Entry } }).mcpServers.zd;
    expect(args.slice(-5)).toEqual(['mcp', '--allow', 'cache', '--only', 'cache']);
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StdioClientTransport({ command, args: [...args], env: { ...env }, cwd: '/' }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('cache_put');
    await client.close();
  });

  test.each([
    ['claude', '.mcp.json', 'mcpServers'],
    ['cursor', '.cursor/mcp.json', 'mcpServers'],
    ['gemini', '.gemini/settings.json', 'mcpServers'],
    ['vscode', '.vscode/mcp.json', 'servers'],
    ['windsurf', '.codeium/windsurf/mcp_config.json', 'mcpServers'],
  ])('--write for %s keeps what else stands in its file', async (client, file, member) => {
    const home = tempHome();
    const path = join(home, file);
    expect((await runZd(home, ['mcp', 'install', client, '--write'])).code).toBe(0);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ [member]: { zd: { args: expect.arrayContaining(['mcp']) } } });
    writeFileSync(path, JSON.stringify({ theme: 'dark', [member]: { other: { command: 'x' }, zd: { command: 'old' } } }));
    expect((await runZd(home, ['mcp', 'install', client, '--write', '--allow', 'job'])).code).toBe(0);
    const after = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, Entry>>;
    expect(after).toMatchObject({ theme: 'dark', [member]: { other: { command: 'x' } } });
    expect(after[member]!.zd!.args).toContain('job');
  });

  test.each(['// a comment\n{}', '[1]', '{"mcpServers":3}', ''])('a file with %p is left as it is', async (text) => {
    const home = tempHome();
    const path = join(home, '.cursor/mcp.json');
    mkdirSync(join(home, '.cursor'));
    writeFileSync(path, text);
    const ran = await runZd(home, ['mcp', 'install', 'cursor', '--write']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('was not changed');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('an agent nobody knows is refused with the names of those we know', async () => {
    const home = tempHome();
    const ran = await runZd(home, ['mcp', 'install', 'nobody', '--write']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('cursor');
    expect(existsSync(join(home, '.cursor'))).toBe(false);
  });
});
