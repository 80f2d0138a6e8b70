import { dlopen, type FFITypeOrString } from 'bun:ffi';

/** A call of the C library on Linux that Bun does not offer, loaded now; null where there is no such call. */
export function libcCall(name: string, args: readonly FFITypeOrString[]): ((...values: number[]) => number) | null {
  if (process.platform !== 'linux') return null;
  for (const library of ['libc.so.6', 'libc.so']) {
    try {
      return dlopen(library, { [name]: { args, returns: 'i32' } }).symbols[name] as unknown as (...values: number[]) => number;
    } catch {
      // Another libc has another name.
    }
  }
  return null;
}
