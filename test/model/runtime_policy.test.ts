import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { compileGlob } from '../../src/areas/event/glob';
import { judge, textsOf, type Decision, type Rule } from '../../src/areas/runtime/policy_model';

const DECISIONS: readonly Decision[] = ['allow', 'deny', 'approval_required'];
const word = fc.constantFrom('job_submit', 'cache_put', 'ping', 'a', 'b', 'ab');
const glob = fc
  .array(fc.constantFrom('a', 'b', '*', '?', 'job_', 'cache_', 'submit', 'put', 'ping'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const rule = fc.record({
  decision: fc.constantFrom(...DECISIONS),
  tool: maybe(glob),
  command: maybe(glob),
  pattern: maybe(glob),
}) as fc.Arbitrary<Rule>;
const args = fc.record({ command: fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.integer()), more: maybe(fc.record({ deep: fc.array(word) })) });

/** Whether a glob fits, found by trying every split: nothing of the one under test. */
function fits(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') return fits(pattern.slice(1), text) || (text !== '' && fits(pattern, text.slice(1)));
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && fits(pattern.slice(1), text.slice(1));
}

/** The texts of the arguments, as a person would list them. */
function list(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(list);
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string') ? [value.join(' '), ...inner] : inner;
}

test('the first rule that fits decides, and the default only for what changes something', () => {
  const effect = fc.constantFrom('read' as const, 'write' as const, 'destructive' as const, null);
  fc.assert(
    fc.property(word, args, effect, fc.array(rule, { maxLength: 6 }), fc.constantFrom(...DECISIONS), (tool, given, what, rules, fallback) => {
      const judged = judge({ tool, arguments: given, effect: what }, rules, fallback, compileGlob);
      let expected: { decision: Decision; rule: number | null } = { decision: what === 'read' ? 'allow' : fallback, rule: null };
      for (const [at, each] of rules.entries()) {
        const onTool = each.tool === undefined || fits(each.tool, tool);
        const onCommand = each.command === undefined || (typeof given.command === 'string' && fits(each.command, given.command));
        const onText = each.pattern === undefined || list(given).some((text) => fits(each.pattern!, text));
        if (!onTool || !onCommand || !onText) continue;
        expected = { decision: each.decision, rule: at };
        break;
      }
      expect({ decision: judged.decision, rule: judged.rule }).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});

test('the tools an agent asks leave with are under rules that name them alone', () => {
  const subject = { tool: 'ccd_state', arguments: {}, effect: 'write' as const };
  expect(judge(subject, [], 'deny', compileGlob)).toEqual({ decision: 'allow', rule: null, reason: null });
  expect(judge(subject, [{ decision: 'deny', tool: 'ccd_*', reason: 'no' }], 'allow', compileGlob)).toEqual({
    decision: 'deny',
    rule: 0,
    reason: 'no',
  });
});

test('every text is looked at, however deep', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => expect(textsOf(value).toSorted()).toEqual(list(value).toSorted())));
});
