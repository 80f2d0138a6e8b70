import type { Ruling } from '../../kernel/approval';
import type { ApprovalOption } from './service';

/** The option a rule takes. Saying yes once never says it for ever: where that is all there is, the user decides. */
export const optionFor = ({ allow }: Ruling, options: readonly ApprovalOption[]): ApprovalOption | undefined =>
  (allow ? ['allow_once'] : ['reject_once', 'reject_always']).map((kind) => options.find((option) => option.kind === kind)).find(Boolean);
