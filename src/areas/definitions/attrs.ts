/** The bits of `attrs`; what else is set is kept as it is. */
export const ATTRS = {
  scalar: 0x1,
  integer: 0x2,
  float: 0x4,
  assoc: 0x8,
  array: 0x10,
  readonly: 0x20,
  export: 0x40,
  global: 0x80,
  unique: 0x100,
  tied: 0x200,
  hide: 0x400,
  hide_val: 0x800,
  append: 0x1000,
} as const;
