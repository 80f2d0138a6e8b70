import { nullable, strict, t } from '../../kernel/schema';

export const ShellId = t.Integer({ minimum: 1, description: 'A number given at registration, never given twice; not the pid.' });

export const Tag = t.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z0-9_:@/+-]+$',
  description: 'Letters, digits and _ : @ / + -; no dot, which ends the scope in a pattern.',
});

/** A path, terminal or program name: one line of text. */
export const Line = t.String({ minLength: 1, maxLength: 4096, pattern: '^[^\\u0000\\u000a\\u000d]+$' });

export const Urgency = t.String({ minLength: 1, maxLength: 32, default: 'normal', description: 'low, normal, high or critical.' });

/** Whom something is for. The first member in the order all, tag, shell_id, self, user counts. */
export const TargetSchema = strict(
  {
    all: t.Optional(t.Boolean({ description: 'Every registered shell but the one that asks.' })),
    tag: t.Optional(Tag),
    shell_id: t.Optional(ShellId),
    self: t.Optional(t.Boolean({ description: 'The shell that asks.' })),
    user: t.Optional(t.String({ maxLength: 256, description: 'The user of this daemon: the same as all.' })),
    exclude_self: t.Optional(t.Boolean({ description: 'With tag: not the shell that asks, which is meant otherwise.' })),
  },
  { minProperties: 1, description: 'One of all, tag, shell_id, self or user.' },
);

export const DeliveryId = t.String({ minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]+$' });

/** Largest command, message, and output of one answer, in characters. */
export const MAX_TEXT = 256 * 1024;
export const Output = t.String({ maxLength: 1024 * 1024, default: '' });

export const AnswerRow = {
  exit_code: nullable(t.Integer()),
  stdout: t.String(),
  stderr: t.String(),
  ts_ns: t.Integer({ minimum: 0 }),
};
