import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ended, keep } from './children';
import { freePort, type Server } from './servers';

const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so';

/** nginx with nchan on a free port: POST to `/pub`, server-sent events at `/sse`. Null where it is not installed. */
export async function startNchan(): Promise<Server | null> {
  const program = Bun.which('nginx') ?? (existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : null);
  if (!program || !existsSync(MODULE)) return null;
  const home = mkdtempSync('/tmp/zb-nginx-');
  const port = freePort();
  mkdirSync(join(home, 'body'));
  writeFileSync(
    join(home, 'nginx.conf'),
    `load_module ${MODULE};
daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; client_body_temp_path ${home}/body;
  proxy_temp_path ${home}/p; fastcgi_temp_path ${home}/f; uwsgi_temp_path ${home}/u; scgi_temp_path ${home}/s;
  server {
    listen 127.0.0.1:${port};
    location = /pub { nchan_publisher; nchan_channel_id a; nchan_message_buffer_length 1000; }
    location = /sse { nchan_subscriber eventsource; nchan_channel_id a; nchan_subscriber_first_message newest; }
  }
}
`,
  );
  const child = Bun.spawn([program, '-c', join(home, 'nginx.conf'), '-p', home, '-e', join(home, 'error.log')], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  keep(child, home);
  for (const end = performance.now() + 5000; ; await Bun.sleep(20)) {
    if (await fetch(`http://127.0.0.1:${port}/pub`).catch(() => null)) break;
    if (child.exitCode !== null || performance.now() > end)
      throw new Error(`nginx does not answer: ${await Bun.file(join(home, 'error.log')).text()}`);
  }
  return {
    pid: child.pid,
    home,
    unix: { unix: '' },
    tcp: { hostname: '127.0.0.1', port },
    token: null,
    [Symbol.asyncDispose]: () => ended(child, home),
  };
}
