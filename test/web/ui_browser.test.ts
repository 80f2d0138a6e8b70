import { expect, test } from 'bun:test';
import { CHROMIUM, visit } from '../helper/browser';
import { startDaemon } from '../helper/daemon';
import { LOW_CONTRAST, signedIn } from '../helper/ui';
import { until } from '../helper/until';

if (!CHROMIUM) console.warn('ui_browser: left out, no Chromium on this machine');
const browserTest = (name: string, run: () => Promise<void>) => test.skipIf(!CHROMIUM)(name, run, 60_000);

const daemon = await startDaemon({ config: '[http.tokens]\njobs = { token = "only-jobs-000000000000", scopes = ["job.read"] }\n' });
const HOSTILE = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>';

browserTest('a wrong token is refused, the right one opens the page, and nothing is asked of another machine', async () => {
  const { page, requested, complaints, close } = await visit(`${daemon.url}/ui`);
  try {
    await page.getByLabel('Token').fill('wrong-token');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('does not know this token').waitFor();
    await page.getByLabel('Token').fill('two words');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('no spaces').waitFor();
    await page.getByLabel('Token').fill(daemon.token);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('link', { name: /^Jobs running/ }).waitFor();

    expect(requested.filter((url) => !url.startsWith(`${daemon.url}/`))).toEqual([]);
    expect(requested.filter((url) => url.includes(daemon.token))).toEqual([]);
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
    const kept = () => page.evaluate<string[]>('[JSON.stringify(localStorage), JSON.stringify(sessionStorage), location.href]');
    const [local, session, address] = await kept();
    expect(local).not.toContain(daemon.token);
    expect(session).toContain(daemon.token);
    expect(address).not.toContain(daemon.token);

    await page.reload();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Forget token' }).click();
    await page.getByLabel('Token').waitFor();
    expect((await kept()).join('')).not.toContain(daemon.token);

    await page.getByLabel('Token').fill(daemon.token);
    await page.getByLabel('Remember it').check();
    await page.keyboard.press('Enter');
    await page.getByText('Live', { exact: true }).waitFor();
    expect((await kept())[0]).toContain(daemon.token);
  } finally {
    await close();
  }
});

browserTest('the output of a job appears while it runs, in colour and as text; the job is cancelled after a question', async () => {
  const script = `printf '\\033[32mgreen\\033[0m %s\\n' "$0"; read line < go; echo "then $line"; sleep 600`;
  Bun.spawnSync(['mkfifo', `${daemon.home}/go`]);
  const { body } = await daemon.call('job_submit', { command: ['sh', '-c', script, HOSTILE], name: HOSTILE, cwd: daemon.home, tags: [HOSTILE] });
  const { page, complaints, close } = await signedIn(daemon, '#/jobs');
  try {
    await page.getByRole('row').filter({ hasText: HOSTILE }).click();
    const output = page.getByRole('log', { name: `Output of job ${body.job_id}` });
    await output.getByText(HOSTILE).waitFor();
    expect(await output.locator('.ansi2').textContent()).toBe('green');
    await Bun.write(`${daemon.home}/line`, 'more\n');
    Bun.spawnSync(['sh', '-c', 'cat line > go'], { cwd: daemon.home });
    await output.getByText('then more').waitFor();

    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
    expect((await daemon.call('job_status', { id: body.job_id })).body.job.state).toBe('running');
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel job' }).click();
    await page.getByRole('button', { name: 'Run again' }).waitFor();
    expect((await daemon.call('job_status', { id: body.job_id })).body.job.state).toBe('cancelled');
    expect(await page.evaluate<unknown[]>(`[document.querySelectorAll('main img, main script').length, 'harmed' in window]`)).toEqual([0, false]);
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
  } finally {
    await close();
  }
});

browserTest('events are filtered by pattern and kind, held by pause, and bounded in the page', async () => {
  const { page, close } = await signedIn(daemon, '#/events');
  try {
    const events = page.getByRole('list', { name: 'Events' });
    const shown = () => events.locator('summary b').allTextContents();
    await daemon.call('publish', { topic: 'build.done', data: { text: HOSTILE } });
    await daemon.call('publish', { topic: 'deploy.done', data: {} });
    await daemon.call('lock_acquire', { name: HOSTILE, ttl_secs: 600 });
    await events.getByText('http.deploy.done').waitFor();

    await page.getByLabel('Pattern').fill('*.build.*');
    expect(await shown()).toEqual(['http.build.done']);
    expect(await events.locator('.data').textContent()).toContain('onerror');
    await events.locator('summary').click();
    await events.getByText('"visibility": "public"').waitFor();
    await page.getByLabel('Pattern').fill('');
    await page.getByLabel('Kind').selectOption('lock');
    expect(await shown()).toEqual(['lock.lock.acquired']);
    await page.getByLabel('Kind').selectOption('');

    await page.getByRole('button', { name: 'Pause' }).click();
    const before = await shown();
    await daemon.call('publish', { topic: 'while.paused', data: {} });
    await page.getByText('Paused. 1 more event has').waitFor();
    expect(await shown()).toEqual(before);
    await page.getByRole('button', { name: 'Resume' }).click();
    await events.getByText('http.while.paused').waitFor();

    for (let batch = 0; batch < 3; batch++)
      await daemon.call('publish_batch', { events: Array.from({ length: 500 }, (_, at) => ({ topic: `flood.${batch}.${at}`, data: {} })) });
    await events.getByText('http.flood.2.499').waitFor();
    expect((await shown()).length).toBe(300);
    expect(await page.evaluate<boolean>(`'harmed' in window`)).toBe(false);
  } finally {
    await close();
  }
});

browserTest('schedules are run, and jobs killed and locks broken after a question', async () => {
  const { body } = await daemon.call('schedule_add', { cron_expr: '0 3 * * *', command: ['echo', 'backup'], name: 'nightly' });
  await daemon.call('lock_acquire', { name: 'deploy', ttl_secs: 600, owner: 'ci' });
  const { page, close } = await signedIn(daemon, `#/schedules/${body.schedule_id}`);
  try {
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('link', { name: /^job \d+/ }).waitFor();
    expect((await daemon.call('schedule_history', { id: body.schedule_id })).body.count).toBe(1);

    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Locks', exact: true }).click();
    await page.getByRole('row').filter({ hasText: 'deploy' }).click();
    await page.getByRole('button', { name: 'Break' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Break lock' }).click();
    await page.getByText('This grant is over.').waitFor();
    expect((await daemon.call('lock_wait_info', { name: 'deploy' })).body.held).toBe(false);

    const job = (await daemon.call('job_submit', { command: ['sleep', '600'], cwd: '/' })).body.job_id;
    await page.goto(`${daemon.url}/ui#/jobs/${job}`);
    await page.getByRole('button', { name: 'Kill' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Kill job' }).click();
    await page.getByText('ended by signal 9').waitFor();
    expect((await daemon.call('job_status', { id: job })).body.job.state).toBe('killed');
  } finally {
    await close();
  }
});

browserTest('everything can be done by keyboard', async () => {
  const jobs = [];
  for (const name of ['first', 'second']) jobs.push((await daemon.call('job_submit', { command: ['echo', name], name, cwd: '/' })).body.job_id);
  const { page, close } = await signedIn(daemon);
  try {
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await page.reload();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('main');

    const sections = await page.getByRole('navigation', { name: 'Sections' }).getByRole('link').allTextContents();
    await page.keyboard.press(String(sections.indexOf('Jobs') + 1));
    const first = page.getByRole('row').filter({ hasText: 'first' });
    await first.waitFor();
    await page.keyboard.press('l');
    await page.keyboard.press('Home');
    expect(await focused()).toContain('second');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toContain('first');
    await page.keyboard.press('Enter');
    await page
      .getByRole('log', { name: `Output of job ${jobs[0]}` })
      .getByText('first')
      .waitFor();
    expect(await first.getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>(`document.activeElement.getAttribute('aria-label')`)).toBe('Details');
    await page.keyboard.press('Escape');
    expect(await focused()).toContain('first');
    expect(await page.locator('.detail').isHidden()).toBe(true);
    expect(await page.locator('tbody [tabindex="0"]').count()).toBe(1);

    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);

    await page.getByRole('link', { name: 'Events', exact: true }).press('Enter');
    // The keys after it are for the section that comes.
    await page.getByLabel('Pattern').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('p2?');
    expect(await page.getByLabel('Pattern').inputValue()).toBe('p2?');
    await page.keyboard.press('Escape');
    await page.keyboard.press('p');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    const nav = page.getByRole('navigation', { name: 'Sections' });
    await nav.getByRole('link', { name: 'Events' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('Health');
    expect(await nav.locator('[tabindex="0"]').count()).toBe(1);
  } finally {
    await close();
  }
});

const SECTIONS = ['overview', 'sessions', 'approvals', 'jobs', 'schedules', 'locks', 'storage', 'events', 'health'];
for (const colorScheme of ['light', 'dark'] as const)
  browserTest(`every section can be read in ${colorScheme} colours, and every control has a name`, async () => {
    await daemon.call('job_submit', { command: ['sh', '-c', 'echo out; echo wrong >&2; exit 3'], name: 'fails', cwd: '/' });
    await daemon.call('artifact_put', { name: 'build/out.txt', value: 'hello' });
    await daemon.call('lock_acquire', { name: `held ${colorScheme}`, ttl_secs: 600 });
    const { page, close } = await signedIn(daemon, '', { colorScheme });
    try {
      const background = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
      expect(background === 'rgb(15, 19, 21)').toBe(colorScheme === 'dark');
      for (const section of SECTIONS) {
        await page.evaluate(`void (location.hash = '#/${section}')`);
        await until(`${section} is shown`, () => page.locator(`nav [aria-current][data-name=${section}]`).isVisible());
        if (['jobs', 'schedules', 'locks'].includes(section)) {
          await page.getByRole('row').nth(1).click();
          await page.locator('.detail dl').waitFor();
        }
        expect([section, await page.evaluate<string[]>(LOW_CONTRAST)]).toEqual([section, []]);
        const snapshot = await page.locator('body').ariaSnapshot();
        for (const landmark of ['banner', 'navigation "Sections"', 'main', 'status'])
          expect([section, snapshot]).toEqual([section, expect.stringContaining(landmark)]);
        expect([section, /- (button|textbox|searchbox|combobox|checkbox|link)(:| \[|$)/m.exec(snapshot)?.[0]]).toEqual([section, undefined]);
      }
      await page.keyboard.press('t');
      await page.keyboard.press('t');
      expect(await page.evaluate<string>('document.documentElement.dataset.theme')).toBe('dark');
      await page.reload();
      expect(await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')).toBe('rgb(15, 19, 21)');
    } finally {
      await close();
    }
  });

browserTest('a token that may do little shows what it may, and says what it may not', async () => {
  const { page, close } = await visit(`${daemon.url}/ui#/locks`);
  try {
    await page.getByLabel('Token').fill('only-jobs-000000000000');
    await page.keyboard.press('Enter');
    await page.locator('.toast.bad').getByText('lock.read').first().waitFor();
    await page.getByText('Not allowed').waitFor();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.getByRole('row').nth(1).waitFor();
  } finally {
    await close();
  }
});
