/**
 * Keeps what the machine says in one compressed text, bounded in size and number, with a deadline for each part: the last
 * words of a machine that is about to be rebooted or replaced. A part that cannot be had is named, and stops no other.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { textOf } from '../detect/host/host.ts'
import type { OnNodeResult } from '../model/on-node/order.ts'
import { ask, type Machine } from './machine.ts'
import { nvidiaSmi, runSmi } from './nvidia-smi.ts'

const partMs = 15_000
const smiSeconds = 30
/** Of each part its newest bytes are kept. */
const mostPartBytes = 4 * 1024 * 1024
/** Archives in a folder; the oldest goes first. */
const mostArchives = 10
const ending = '.txt.gz'

const journal = ['--no-pager', '--output=short-iso-precise', '--boot'] as const
const programs: readonly (readonly [string, ...string[]])[] = [
  ['journalctl', ...journal, '--dmesg', '--lines=5000'],
  ['journalctl', ...journal, '--unit=kubelet', '--lines=3000'],
  ['journalctl', ...journal, '--unit=containerd', '--unit=crio', '--lines=3000'],
  ['systemctl', 'list-units', '--failed', '--no-pager'],
  ['df', '-P', '--local'],
  ['ip', '-s', 'link'],
  ['ip', 'address'],
  ['ip', 'route'],
  ['ps', '-eo', 'pid,ppid,stat,wchan:32,etimes,rss,args', '--sort=-rss'],
]

const files: readonly string[] = [
  'proc/uptime',
  'proc/loadavg',
  'proc/meminfo',
  'proc/mounts',
  'proc/mdstat',
  'proc/diskstats',
  'proc/pressure/cpu',
  'proc/pressure/io',
  'proc/pressure/memory',
  'var/lib/nodemend/state.json',
]

interface Part {
  readonly name: string
  readonly text?: string
  readonly trouble?: string
}

/** Writes `<name>.txt.gz` into `folder`. Never rejects. */
export async function collect(machine: Machine, name: string, folder: string): Promise<OnNodeResult> {
  const parts = [...files.map((path) => fileAt(machine, path)), ...(await programParts(machine))]
  const kept = parts.filter((part) => part.text !== undefined)
  const lacking = parts.flatMap(({ name: part, trouble }) => (trouble === undefined ? [] : [`${part} (${trouble})`]))
  const text = parts.map((part) => `==> ${part.name}\n${part.text ?? `not there: ${part.trouble}`}\n`).join('\n')
  const bytes = gzipSync(text)
  const file = join(folder, `${name}${ending}`)
  try {
    mkdirSync(folder, { recursive: true })
    makeRoom(folder, `${name}${ending}`)
    writeFileSync(`${file}.new`, bytes, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch (error) {
    return { outcome: 'failed', why: `${file} could not be written: ${(error as Error).message}` }
  }
  const without = lacking.length === 0 ? '' : `; without ${lacking.join(', ')}`
  return { outcome: 'done', why: `${file}: ${kept.length} parts, ${bytes.length} bytes${without}` }
}

/** One after the other, because a sick machine is slow enough. */
async function programParts(machine: Machine): Promise<readonly Part[]> {
  const parts: Part[] = []
  for (const [file, ...args] of programs) {
    const answer = await ask(machine, file, args, partMs, mostPartBytes)
    parts.push(partOf([file, ...args].join(' '), answer))
  }
  const smi = nvidiaSmi(machine)
  if (smi) parts.push(partOf('nvidia-smi -q', await runSmi(machine, smi, ['-q'], smiSeconds)))
  return parts
}

function partOf(name: string, answer: Awaited<ReturnType<typeof ask>>): Part {
  return 'output' in answer ? { name, text: answer.output.slice(-mostPartBytes) } : { name, trouble: answer.trouble }
}

function fileAt({ host }: Machine, path: string): Part {
  const read = host.read(path)
  const text = textOf(read)
  if (text !== undefined) return { name: `/${path}`, text: text.slice(-mostPartBytes) }
  return { name: `/${path}`, trouble: 'denied' in read ? read.denied : 'absent' }
}

/** Takes the oldest archives away, so that the new one is the last that fits. */
function makeRoom(folder: string, name: string): void {
  const archives = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && entry.name !== name)
    .map((entry) => ({ path: join(folder, entry.name), at: statSync(join(folder, entry.name)).mtimeMs }))
    .sort((a, b) => a.at - b.at)
  for (const { path } of archives.slice(0, Math.max(0, archives.length - (mostArchives - 1)))) rmSync(path)
}
