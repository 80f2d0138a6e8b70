import { expect, test } from 'bun:test';
import { startDaemon } from '../helper/daemon';

/** Bun cuts connections that are quiet for 10 s, and the first keep-alive comment comes after 15. */
test('a quiet stream stays open on both listeners and is kept alive', async () => {
  const daemon = await startDaemon();
  const over = async (response: Response): Promise<string> => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes(': keep-alive') && text.includes('"topic":"late"')) break;
      if (text.includes(': keep-alive') && !text.includes('late')) await daemon.call('publish', { topic: 'late' });
    }
    return text;
  };
  const streams = await Promise.all([
    daemon.fetch('/stream/events'),
    daemon.tcp('/stream/events', { headers: { authorization: `Bearer ${daemon.token}` } }),
  ]);
  for (const text of await Promise.all(streams.map(over))) {
    expect(text.startsWith('retry: ')).toBe(true);
    expect(text).toContain('"topic":"late"');
  }
});
