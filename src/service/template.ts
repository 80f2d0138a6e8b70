import { ZdError } from '../kernel/error';

/** Fills every `@NAME@` of a template. A name without a value is a fault of ours, as is a value the template does not use. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const text = template.replace(/@([A-Z_]+)@/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the service template wants @${name}@`);
    used.add(name);
    return value;
  });
  for (const name of Object.keys(values)) if (!used.has(name)) throw new Error(`the service template does not use @${name}@`);
  return text;
}

/** Control characters cannot stand in a unit (systemd.syntax(7)) nor in XML 1.0; a lone surrogate is no file name. */
export function refuseUnprintable(what: string, value: string): void {
  if (!/[\u0000-\u001f\u007f\ufffe\uffff]/.test(value) && value.isWellFormed()) return;
  throw new ZdError('bad_args', `${what} ${JSON.stringify(value)} holds a character that a service file cannot.`, {
    hint: 'Use a folder whose name is plain text.',
  });
}
