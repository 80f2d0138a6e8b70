import type { DriverHost } from './driver';

/** A prompt for an agent that does not know what was said before: told in one text, as it has no other way to learn it. */
export function prefaced(host: Pick<DriverHost, 'row' | 'conversation'>, text: string): string {
  const { system } = host.row();
  const said = host.conversation().map(({ role, content }) => `<${role}>\n${content}\n</${role}>`);
  const parts = [
    ...(system === null ? [] : [system]),
    ...(said.length === 0 ? [] : [`This goes on from an earlier conversation. What was said in it:\n\n${said.join('\n\n')}`]),
  ];
  return parts.length === 0 ? text : `${parts.join('\n\n')}\n\n${text}`;
}
