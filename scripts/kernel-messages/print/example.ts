/** A printf format of the kernel and its arguments → the text of one line as a machine would print it. */
import type { Place } from './places.ts'

export interface Printed {
  readonly format: string
  /** The arguments after the format, as they are written. */
  readonly args: readonly string[]
  readonly func: string
  readonly module: string
  readonly place: Place
}

const spec = /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(?:hh|h|ll|l|L|z|t|j|q)?(p[A-Za-z0-9]*|[a-zA-Z%])/g

/** The first line that is printed, escapes resolved. */
export function exampleOf(printed: Printed): string {
  const rest = [...printed.args]
  const text = printed.format.replace(
    spec,
    (_all, flags: string, width: string | undefined, precision, kind: string) => {
      if (kind === '%') return '%'
      if (width === '*') rest.shift()
      if (precision === '*') rest.shift()
      return pad(argumentValue(kind, rest.shift() ?? '', printed), kind, flags, width)
    },
  )
  return (
    text
      .replace(/\\x1b\[\d*m/g, '')
      .replace(/\\(n|t|"|\\|')/g, (_all, char: string) => ({ n: '\n', t: '\t' })[char] ?? char)
      .split('\n')
      .find((line) => line.trim() !== '') ?? ''
  )
}

function pad(value: string, kind: string, flags: string, width: string | undefined): string {
  const hex = /^[xX]$/.test(kind)
  const size = Number(width ?? 0)
  if (!hex && !/^[diu]$/.test(kind)) return value
  const digits = value.padStart(flags.includes('0') ? size - (flags.includes('#') ? 2 : 0) : 0, '0')
  return (hex && flags.includes('#') ? `0x${digits}` : digits).padStart(flags.includes('-') ? 0 : size)
}

function argumentValue(kind: string, arg: string, printed: Printed): string {
  if (kind.startsWith('p') && kind !== 'p') return pointerOf(kind.slice(1), printed)
  if (kind === 'p') return '00000000a1b2c3d4'
  if (kind === 's') return wordOf(arg, printed)
  if (kind === 'c') return 'a'
  // The status word of a machine check: valid, uncorrected, context corrupt.
  if (/^m->status$/.test(arg)) return 'be00000000800400'
  if (kind === 'x' || kind === 'X') return '1f'
  return numberOf(kind, arg)
}

const pointers: readonly (readonly [RegExp, string])[] = [
  [/^[SsBF]/, 'nvme_timeout+0x1a0/0x3c0 [nvme]'],
  [/^IS?p/, '10.0.0.5:6789'],
  [/^ISpc/, '10.0.0.5:6789'],
  [/^[Ii][S46]/, '10.0.0.5'],
  [/^[Mm]/, '02:42:ac:11:00:02'],
  [/^U/, '6b1f0a1e-9d34-4b0c-8a51-3f0c9f0e2a11'],
  [/^[dD]/, 'data.db'],
  [/^e/, '-EIO'],
  [/^a/, '0x000000085f3c1000'],
  [/^[Rr]/, '[mem 0xe0000000-0xefffffff 64bit pref]'],
  [/^b/, '0-3'],
  [/^h/, '00 1f 02'],
  [/^G/, '0x17ffffc0000000(node=0|zone=2)'],
  [/^V/, 'internal error'],
]

function pointerOf(kind: string, { place }: Printed): string {
  if (kind === 'g' || kind.startsWith('g')) return place.disk
  return pointers.find(([pattern]) => pattern.test(kind))?.[1] ?? '00000000a1b2c3d4'
}

const words: readonly (readonly [RegExp, string | ((printed: Printed) => string)])[] = [
  [/__FILE__|file/, 'drivers/scsi/scsi.c'],
  [/^message$/, 'Out of memory'],
  [/^op$/, 'reset'],
  [/__func__|__FUNCTION__/, ({ func }) => func],
  [/KBUILD_MODNAME|DRV_NAME|DRIVER_NAME|driver_name|driver_string/i, ({ module }) => module],
  [/ioc\)?->name/, ({ module }) => (module === 'mpi3mr' ? 'mpi3mr0' : 'mpt3sas_cm0')],
  [/print_tainted/, 'Not tainted'],
  [/aer_error_severity|aer_agent/, 'Uncorrectable (Fatal)'],
  [/severity/, 'fatal'],
  [/hub_?name/, 'gfxhub0'],
  [/pci_name|pdev_name/, ({ place }) => place.device],
  [/^pfx$/, '{1}[Hardware Error]: '],
  [/blk_status|errors?\[.*\.name/, 'I/O'],
  [/rcu_state|rcuname|rcu_name|flavor/, 'rcu_preempt'],
  [/comm\b|task_name/, 'kworker/3:1'],
  [/dm_device_name|dm_table_device_name/, '253:3'],
  [/funcs->name/, 'gfx_v9_4_3'],
  [/s_id|sb_name|disk|bdevname|bdev_name|devname|gendisk/i, ({ place }) => place.disk],
  [/mdname|mddev|bmname/, 'md0'],
  [/netdev|ndev|net_dev|ifname|->dev->name|slave|bond/, ({ place }) => place.net.name],
  [/ib_?dev|ibdev/, ({ place }) => place.rdma],
  [/dev_name|->dev\b/, ({ place }) => place.device],
  [/mmc_hostname/, 'mmc0'],
  [/host|server|cl_name/i, '10.0.0.5'],
  [/read_write|rw\b|direction|dir\b/i, 'write'],
  [/opcode|op_name|op_str|cmd/i, 'Write'],
  [/prog|protname|program/i, 'nfs'],
  [/err|msg|reason|desc|str\b|string|text/i, 'internal error'],
  [/state|status/i, 'dead'],
]

function wordOf(arg: string, printed: Printed): string {
  const [, first = ''] = /"((?:[^"\\]|\\.)*)"/.exec(arg) ?? []
  if (/[A-Za-z]{2}/.test(first)) return first
  const found = words.find(([pattern]) => pattern.test(arg))?.[1]
  if (found === undefined) return /name/.test(arg) ? printed.place.device : 'unknown'
  return typeof found === 'string' ? found : found(printed)
}

function numberOf(kind: string, arg: string): string {
  if (arg === '__LINE__') return '482'
  if (/pid/i.test(arg)) return '4711'
  if (/sector|block|blk|lba|ino\b|offset|bytenr|logical/i.test(arg)) return '123456'
  if (/msec|_ms|timeout|jiffies/i.test(arg)) return '5000'
  if (kind !== 'u' && /\b(?:err|ret|rc|error|res|rv|result|retval|status|r|errno)\b|PTR_ERR/i.test(arg)) return '-5'
  if (/cpu|idx|index|port|num|qid|queue/i.test(arg)) return '3'
  return '2'
}
