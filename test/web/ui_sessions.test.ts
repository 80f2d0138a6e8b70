import { expect, test } from 'bun:test';
import { CHROMIUM, visit } from '../helper/browser';
import { startDaemon } from '../helper/daemon';
import { LOW_CONTRAST } from '../helper/ui';
import { until } from '../helper/until';

if (!CHROMIUM) console.warn('ui_sessions: left out, no Chromium on this machine');

const HOSTILE = '<img src=x onerror="window.harmed=1">';
const NS = 1_795_291_998_044_000_000;
const session = {
  ...{
    session_id: 's1',
    agent: 'coder',
    driver: 'acp',
    title: `Fix ${HOSTILE}`,
    cwd: '/repo',
    state: 'waiting',
    turn_id: 's1.1',
    turn_started_at_ns: NS,
  },
  ...{ turns: 1, pid: 7, model: 'm-1', thinking: null, first_seq: 1, last_seq: 9, bytes: 900, input_tokens: 1200, output_tokens: 345, cost: 0 },
  ...{ auto_turns: 0, queued: 0, pending_approvals: 1, viewers: 1, created_at_ns: NS, updated_at_ns: NS, closed_at_ns: null },
};
const OPTIONS = [
  { option_id: 'y', name: 'Allow once', kind: 'allow_once' },
  { option_id: 'n', name: 'Reject', kind: 'reject_once' },
];
const EVENTS: [string, object][] = [
  ['user', { content: 'list the files', trigger: 'user', by: 'terminal' }],
  ['thinking', { content: 'I should ' }],
  ['thinking', { content: 'run ls' }],
  ['tool_use', { tool_id: 't1', tool_name: 'bash', input: { command: 'ls' } }],
  ['tool_result', { tool_id: 't1', tool_name: 'bash', result: HOSTILE, failed: false }],
  ['text', { content: 'There is ' }],
  ['text', { content: `one file: ${HOSTILE}` }],
  ['approval', { approval_id: 's1.a1', tool_id: 't2', tool_name: 'delete', input: { path: '/repo/x' }, options: OPTIONS, expires_at_ns: NS }],
  ['live', { first_seq: 1, last_seq: 8 }],
];

/** What the page does with what a daemon says of sessions, whichever agents there are: the daemon's words are written down here. */
test.skipIf(!CHROMIUM)(
  'a transcript is shown as it was said, joined and as text, and an approval is answered',
  async () => {
    const daemon = await startDaemon();
    const { page, complaints, close } = await visit(`${daemon.url}/ui`);
    const answers: unknown[] = [];
    try {
      await page.route('**/ops', (route) =>
        route.fulfill({ json: { ok: true, ops: ['job_list', 'session_list', 'session_answer', 'session_cancel', 'approvals_list'] } }),
      );
      await page.route('**/op/session_list', (route) => route.fulfill({ json: { ok: true, sessions: [session], count: 1, next_cursor: null } }));
      await page.route('**/op/session_answer', (route) => {
        answers.push(route.request().postDataJSON());
        return route.fulfill({ json: { ok: true } });
      });
      const approval = { approval_id: 7, state: 'pending', tool: 'Bash', command: null, arguments: '{"command":"make deploy"}', asked_by: 'mcp' };
      const row = { ...approval, session_id: null, profile: null, reason: HOSTILE, requested_at_ns: NS, expires_at_ns: NS, answered_at_ns: null };
      await page.route('**/op/approvals_list', (route) => route.fulfill({ json: { ok: true, approvals: [row], count: 1, next: null } }));
      await page.route('**/op/approvals_answer', (route) => {
        answers.push(route.request().postDataJSON());
        return route.fulfill({ json: { ok: true, approval: row } });
      });
      const frames = EVENTS.map(([type, data], at) => {
        const frame = { type, session_id: 's1', turn_id: 's1.1', seq: at + 1, ts_ns: NS, ...data };
        return `id: ${at + 1}\nevent: ${type}\ndata: ${JSON.stringify(frame)}\n\n`;
      });
      let opened = 0;
      await page.route('**/stream/session?*', (route) =>
        // Whoever comes back has had everything.
        opened++ === 0 ? route.fulfill({ contentType: 'text/event-stream', body: frames.join('') }) : route.fulfill({ status: 204 }),
      );

      await page.getByLabel('Token').fill(daemon.token);
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'Sessions', exact: true }).click();
      await page.getByRole('row').filter({ hasText: HOSTILE }).click();
      const transcript = page.getByRole('log', { name: 'Transcript' });
      await transcript.getByText(`There is one file: ${HOSTILE}`).waitFor();
      await transcript.getByText('I should run ls').waitFor();
      await transcript.locator('summary').click();
      await transcript.locator('.result').getByText(HOSTILE).waitFor();
      expect(await page.evaluate<string[]>(LOW_CONTRAST)).toEqual([]);
      await transcript.getByRole('button', { name: 'Allow once' }).click();
      await until('the answer was sent', () => answers.length === 1);

      await page.getByRole('link', { name: 'Approvals', exact: true }).click();
      await page.getByText(HOSTILE).waitFor();
      await page.getByRole('button', { name: 'Deny' }).click();
      await until('the second answer was sent', () => answers.length === 2);
      expect(answers).toEqual([
        { id: 's1', approval_id: 's1.a1', option_id: 'y' },
        { approval_id: 7, decision: 'deny' },
      ]);
      await page.locator('.toast').getByText('Denied').waitFor();
      expect(await page.locator('.toast.bad').count()).toBe(0);
      expect(await page.getByRole('link', { name: 'Locks', exact: true }).count()).toBe(0);
      expect(await page.evaluate<boolean>(`'harmed' in window`)).toBe(false);
      expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
    } finally {
      await close();
    }
  },
  60_000,
);
