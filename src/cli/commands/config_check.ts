import { EXIT } from '../../kernel/code_info';
import { command } from '../command';

export const configCheck = command({
  name: 'config check',
  summary: 'Check the configuration without starting; every fault with file and line (exit 2)',
  run: async (_, { env, globals, out, paths }) => {
    const { ConfigError } = await import('../../daemon/config');
    const { LiveConfig } = await import('../../daemon/live');
    try {
      const config = new LiveConfig({ file: paths.configFile, env }, paths.overridesFile);
      if (globals.json) {
        const tokens = config.value('http.tokens').length;
        await out.result({
          file: paths.configFile,
          problems: [],
          warnings: config.warnings,
          http_listen: config.value('http.listen'),
          http_token_count: tokens,
        });
        return EXIT.ok;
      }
      for (const warning of config.warnings) out.note(`zd: ${warning}`);
      if (!globals.quiet) out.line(`${paths.configFile}: ok`);
      return EXIT.ok;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { problems } = error;
      if (globals.json) out.line(JSON.stringify({ ok: false, code: 'bad_value', msg: error.message, file: paths.configFile, problems }));
      else for (const { where, message } of problems) process.stderr.write(`${where}: ${message}\n`);
      return EXIT.usage;
    }
  },
});
