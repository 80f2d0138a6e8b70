import { DECISIONS, type PolicyRule } from './setting';

/** The rules of `policy.rules`. `fault` makes what is thrown, with the place of the rule. */
export function policyRules(value: unknown, fault: (message: string, path: readonly string[]) => Error): readonly PolicyRule[] {
  if (!Array.isArray(value)) throw fault('expected a list of rules: write [[policy.rules]]', []);
  return Object.freeze(value.map((each: unknown, at) => rule(each, (what) => fault(`rule ${at + 1}: ${what}`, []))));
}

function rule(value: unknown, fault: (what: string) => Error): PolicyRule {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault('expected a table with a decision');
  const { decision, ...rest } = value as Record<string, unknown>;
  if (!(DECISIONS as readonly unknown[]).includes(decision)) throw fault(`its decision is one of ${DECISIONS.join(', ')}`);
  for (const [name, text] of Object.entries(rest)) {
    if (!['tool', 'command', 'pattern', 'reason'].includes(name))
      throw fault(`unknown key "${name.slice(0, 50)}"; a rule has decision, tool, command, pattern and reason`);
    if (typeof text !== 'string' || text === '' || text.length > 1000) throw fault(`${name}: expected a text of 1 to 1000 characters`);
  }
  return Object.freeze({ decision, ...rest }) as PolicyRule;
}
