import { isSensitiveName, isSensitiveText } from '../../kernel/sensitive';
import type { DefinitionRecord, Kind } from '../definitions/service';

/** Kinds whose name says what the value is. */
const VARIABLES: ReadonlySet<Kind> = new Set<Kind>(['env', 'params', 'params_typed']);

/** Whether a definition is a variable with a secret by its name, or holds one by its look. */
export function isSensitive({ kind, name, value, valueArray, valueAssoc }: DefinitionRecord): boolean {
  const variable = VARIABLES.has(kind);
  if (variable && isSensitiveName(name)) return true;
  const texts = [value ?? '', ...(valueArray ?? []), ...(valueAssoc ?? []).map(([key, text]) => `${key}=${text}`)];
  return (
    (valueAssoc ?? []).some(([key]) => isSensitiveName(key)) ||
    texts.some((text) => text !== '' && isSensitiveText(variable ? `${name}=${text}` : text))
  );
}
