import { command } from '../command';

export const configShow = command({
  name: 'config show',
  summary: 'Print every setting as a daemon started from this shell would see it, and where it came from',
  run: async (_, { env, out, paths }) => {
    const { LiveConfig } = await import('../../daemon/live');
    const config = new LiveConfig({ file: paths.configFile, env }, paths.overridesFile);
    for (const warning of config.warnings) out.note(`zd: ${warning}`);
    await out.result({ file: paths.configFile, settings: config.list() }, { table: { rows: 'settings', columns: ['key', 'value', 'source'] } });
  },
});
