/**
 * Tells flags that mean a fault from those that mean a choice, such as an out-of-tree module. A flag stays until the
 * next boot, so its fault is a state; of the others only new ones are told.
 */
import type { Measured } from '../../limits.ts'
import type { TaintSample } from './read.ts'

/** include/linux/panic.h, by bit. */
const flags: readonly (readonly [letter: string, what: string, fault?: true])[] = [
  ['P', 'a proprietary module was loaded'],
  ['F', 'a module was loaded by force'],
  ['S', 'the processors are out of specification'],
  ['R', 'a module was unloaded by force'],
  ['M', 'a processor reported a machine check', true],
  ['B', 'a bad memory page was found', true],
  ['U', 'a program asked for the flag'],
  ['D', 'the kernel had an oops', true],
  ['A', 'an ACPI table was overridden'],
  ['W', 'the kernel printed a warning'],
  ['C', 'a staging driver was loaded'],
  ['I', 'a bug of the firmware was worked around'],
  ['O', 'an out-of-tree module was loaded'],
  ['E', 'an unsigned module was loaded'],
  ['L', 'a soft lockup happened', true],
  ['K', 'the kernel was live-patched'],
  ['X', 'the distribution set its own flag'],
  ['T', 'the kernel was built with struct randomisation'],
  ['N', 'a test of the kernel ran'],
]

export function judgeTaint({ bits, before }: TaintSample): readonly Measured<'fault-flags' | 'new-flags'>[] {
  const set = flags.filter((_flag, bit) => has(bits, bit))
  const faults = set.filter(([, , fault]) => fault)
  const fresh = before === undefined ? [] : flags.filter((_flag, bit) => has(bits, bit) && !has(before, bit))
  return [
    { value: 'fault-flags', amount: faults.length, parts: { flags: textOf(faults) } },
    { value: 'new-flags', amount: fresh.length, parts: { flags: textOf(fresh) } },
  ]
}

/** Not `&`, which would cut bits above the 31st. */
function has(bits: number, bit: number): boolean {
  return Math.floor(bits / 2 ** bit) % 2 === 1
}

function textOf(some: readonly (readonly [string, string, true?])[]): string {
  return some.map(([letter, what]) => `${what} (${letter})`).join(', ')
}
