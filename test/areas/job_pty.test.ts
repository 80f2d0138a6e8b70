import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { JobRig } from '../helper/jobs';
import { until } from '../helper/until';

let daemon: TestDaemon;
let jobs: JobRig;
beforeAll(async () => {
  daemon = await startDaemon();
  jobs = new JobRig(daemon);
});

const type = (id: number, text: string) => jobs.ok('job_input', { id, bytes_b64: Buffer.from(text).toString('base64') });

test('a job has a terminal: its size, what is typed, its signals', async () => {
  const id = await jobs.sh(
    'tty; stty size; echo $TERM; trap "stty size" WINCH; while :; do read line && echo "got $line" && [ "$line" = bye ] && exit 5; done',
    {
      pty: true,
      pty_rows: 30,
      pty_cols: 90,
    },
  );
  await jobs.wrote(id, 'xterm-256color');
  expect(await jobs.text(id)).toMatch(/^\/dev\/pts\/\d+\r\n30 90\r\nxterm-256color\r\n/);
  expect(await jobs.ok('job_resize', { id, rows: 40, cols: 100 })).toMatchObject({ rows: 40, cols: 100 });
  await jobs.wrote(id, '40 100');
  expect(await type(id, 'hello\n')).toMatchObject({ bytes_written: 6 });
  await jobs.wrote(id, 'got hello');
  expect(await jobs.job(id)).toMatchObject({ pty: true, pty_rows: 40, pty_cols: 100, state: 'running' });
  await type(id, 'bye\n');
  expect(await jobs.wait(id)).toMatchObject({ state: 'exited', exit_code: 5 });
  expect(await type(id, 'late')).toMatchObject({ bytes_written: 0 });
});

test('Ctrl-C at the terminal reaches the job', async () => {
  const id = await jobs.submit(['sleep', '1000'], { pty: true });
  await jobs.state(id, 'running');
  await type(id, '\u0003');
  expect(await jobs.wait(id)).toMatchObject({ state: 'killed', exit_code: 130 });
});

test('a job without a terminal says so; bad bytes and sizes are refused', async () => {
  const id = await jobs.submit(['sleep', '1000']);
  expect(await jobs.fails('job_input', { id, bytes_b64: 'eA==' })).toEqual([409, 'not_pty', undefined]);
  expect(await jobs.fails('job_resize', { id, rows: 1, cols: 1 })).toEqual([409, 'not_pty', undefined]);
  expect(await jobs.fails('job_input', { id, bytes_b64: '%%' })).toEqual([400, 'bad_args', '/bytes_b64']);
  expect(await jobs.fails('job_resize', { id, rows: 65_536, cols: 1 })).toEqual([400, 'bad_args', '/rows']);
  await jobs.ok('job_cancel', { id });
});

test('it is interrupted at an orderly end of the daemon, and its processes are gone', async () => {
  const id = await jobs.sh('trap "" HUP; echo ready; sleep 1000', { pty: true });
  await jobs.wrote(id, 'ready');
  const { pid } = await jobs.job(id);
  await daemon.restart();
  expect(await jobs.job(id)).toMatchObject({ state: 'interrupted', exit_code: null, error: expect.stringContaining('terminal') });
  expect(await jobs.text(id)).toBe('ready\r\n');
  await until(
    'the process is gone',
    () =>
      !Bun.spawnSync(['ps', '-o', 'stat=', '-p', String(pid)])
        .stdout.toString()
        .match(/[^Z\s]/),
  );
});

test('it is interrupted by kill -9 of the daemon too', async () => {
  const id = await jobs.sh('trap "" HUP; echo ready; sleep 1000', { pty: true });
  await jobs.wrote(id, 'ready');
  const { pid } = await jobs.job(id);
  await daemon.kill();
  await daemon.restart();
  expect(await jobs.job(id)).toMatchObject({ state: 'interrupted' });
  await until(
    'the process is gone',
    () =>
      !Bun.spawnSync(['ps', '-o', 'stat=', '-p', String(pid)])
        .stdout.toString()
        .match(/[^Z\s]/),
  );
});

test('the last bytes of a terminal are there when its job is over', async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => jobs.sh('seq 1 20000', { pty: true })));
  for (const id of ids) {
    await jobs.wait(id);
    const { content, complete } = await jobs.ok('job_output', { id });
    expect([content.endsWith('\r\n20000\r\n'), complete]).toEqual([true, true]);
  }
});
