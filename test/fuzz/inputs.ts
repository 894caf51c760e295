/** Inputs made of real ones: cut, joined, repeated, with bytes that do not belong there. Reproducible by their seed. */
import type { Random } from '../../src/telemetry/clock.ts'

/** Longest input, characters: a kernel record has 1 KiB, journald cuts at 48 KiB. */
const longest = 64 * 1024

/** What breaks parsers: ends of other formats, numbers beyond every limit, characters without a width. */
const splinters = [
  '',
  '\n',
  '\n\n',
  '\t',
  ' ',
  '\0',
  '\r\n',
  ':',
  ';',
  ',',
  '=',
  '|',
  '"',
  "'",
  '\\',
  '\\x00',
  '\\',
  '{',
  '}',
  '[',
  ']',
  '(',
  '<',
  '>',
  '-',
  '--',
  '-1',
  '0',
  '00',
  '1e999',
  'NaN',
  'Infinity',
  '9'.repeat(40),
  '0x',
  '0xffffffffffffffffff',
  '٣',
  '\ud800',
  '\u202e',
  '한',
  '😀',
  '/',
  '//',
  '..',
  '/../',
  '%',
  '%s',
  '#',
  '*',
  '~',
  '@',
  '$',
  '&a',
  '*a',
  '!!js',
  '- ',
  '? ',
  '|-',
  'null',
  'true',
  '__proto__',
  'constructor',
  'BUG: ',
  'NVRM: Xid (PCI:0000:3b:00): ',
  'EXT4-fs (sda1): ',
  'nodemend-drill=',
  ' SUBSYSTEM=',
  '\u001b[31m',
  'level=',
  'msg="',
  'MESSAGE=',
] as const

export interface Source {
  readonly random: Random
  readonly seeds: readonly string[]
}

/** One input: a seed after one to six changes. */
export function inputOf(source: Source): string {
  const { random } = source
  let text = pick(source.seeds, random)
  const changes = 1 + Math.floor(random() * 6)
  for (let n = 0; n < changes; n++) text = changed(text, source)
  return text.length > longest ? text.slice(0, longest) : text
}

function changed(text: string, { random, seeds }: Source): string {
  const at = Math.floor(random() * (text.length + 1))
  const end = Math.min(text.length, at + Math.floor(random() ** 3 * (text.length - at + 1)))
  const splinter = pick(splinters, random)
  switch (Math.floor(random() * 9)) {
    case 0:
      return text.slice(0, at) // torn
    case 1:
      return text.slice(at)
    case 2:
      return text.slice(0, at) + splinter + text.slice(at)
    case 3:
      return text.slice(0, at) + splinter + text.slice(end)
    case 4:
      return text.slice(0, at) + pick(seeds, random).slice(Math.floor(random() * 64)) // two in one
    case 5:
      return text.slice(0, end) + text.slice(at) // a part twice
    case 6:
      return text.slice(0, at) + (splinter || ' ').repeat(1 + Math.floor(random() ** 4 * 2_000)) + text.slice(at)
    case 7:
      return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 0x250)) + text.slice(at + 1)
    default:
      return text.replace(/\d+/g, (number) => (random() < 0.3 ? pick(numbers, random) : number))
  }
}

const numbers = [
  '0',
  '1',
  '-1',
  '65536',
  '4294967296',
  '18446744073709551615',
  '99999999999999999999999',
  '1.5',
  '0x10',
  '',
] as const

export function pick<T>(from: readonly T[], random: Random): T {
  const found = from[Math.floor(random() * from.length)]
  if (found === undefined) throw new RangeError('nothing to choose from')
  return found
}
