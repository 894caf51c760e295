/**
 * What drives say of their own health: the SMART page of NVMe (NVM Express Base 2.0, 5.16.1.3) by nvme(1), the verdict of
 * ATA and SCSI drives by smartctl(8). Disks of a cloud or hypervisor are left out, for they have nothing to say.
 */
import { type Host, textOf } from '../../../host/host.ts'
import { askProgram } from '../../../host/programs.ts'
import type { Look, ProbeHost } from '../../probe.ts'

export interface Drive {
  readonly name: string
  readonly model: string
  readonly serial: string
  /** What it warns of; empty for a healthy drive. */
  readonly warnings: readonly string[]
  /** Of NVMe, percent: may be above 100. */
  readonly worn?: number
  readonly mediaErrors?: number
}

export type DriveHealthSample = readonly Drive[]

/** Bits of Critical Warning. The temperature has its own limits and says nothing about the drive. */
const warningBits: readonly (readonly [bit: number, what: string])[] = [
  [1, 'its spare blocks are nearly used up'],
  [4, 'its reliability is degraded'],
  [8, 'it has become read-only'],
  [16, 'its power-loss protection has failed'],
  [32, 'its persistent memory region has become unreliable'],
]
const virtual = /amazon elastic block store|google|qemu|vmware|virtual|msft|nvme-of|linux/i
const mostDrives = 32
/** smartctl's bits 0 to 2: the drive could not be asked. The others describe its health. */
const notAsked = 0b111
/** A drive that sleeps, or does not know SMART. */
const statuses = Array.from({ length: 256 }, (_, status) => status).filter((status) => (status & notAsked) === 0)

export async function readDriveHealth(from: ProbeHost): Promise<Look<DriveHealthSample>> {
  const { host } = from
  const nvme = host.list('sys/class/nvme').filter((name) => !virtual.test(word(host, `sys/class/nvme/${name}/model`)))
  const disks = host.list('sys/block').filter((name) => /^sd[a-z]+$/.test(name) && !isVirtual(host, name))
  if (nvme.length + disks.length === 0) return { absent: 'this machine has no drive of its own' }
  const drives: Drive[] = []
  const missing: string[] = []
  for (const name of [...nvme, ...disks].slice(0, mostDrives)) {
    const found = name.startsWith('nvme') ? await askNvme(from, name) : await askAta(from, name)
    if ('failed' in found) return found
    if ('absent' in found) missing.push(found.absent)
    else drives.push(...found.drives)
  }
  return drives.length === 0 && missing[0] !== undefined ? { absent: missing[0] } : { sample: drives }
}

type Answer = { readonly drives: readonly Drive[] } | { readonly absent: string } | { readonly failed: string }

async function askNvme(from: ProbeHost, name: string): Promise<Answer> {
  const answer = await askProgram(from, 'nvme', ['smart-log', `/dev/${name}`, '--output-format=json'])
  if (!('output' in answer)) return answer
  const page = numbersIn(answer.output)
  const critical = page?.critical_warning
  if (page === undefined || critical === undefined) return { failed: `nvme smart-log printed no JSON for ${name}` }
  const folder = `sys/class/nvme/${name}`
  const drive: Drive = {
    name,
    model: word(from.host, `${folder}/model`),
    serial: word(from.host, `${folder}/serial`),
    warnings: warningBits.flatMap(([bit, what]) => (critical & bit ? [what] : [])),
    ...(page.percent_used !== undefined && { worn: page.percent_used }),
    ...(page.media_errors !== undefined && { mediaErrors: page.media_errors }),
  }
  return { drives: [drive] }
}

async function askAta(from: ProbeHost, name: string): Promise<Answer> {
  const answer = await askProgram(
    from,
    'smartctl',
    ['--json', '--health', '--nocheck=standby,0', `/dev/${name}`],
    statuses,
  )
  if ('failed' in answer) return { drives: [] } // behind a RAID controller drives cannot be asked by their name
  if ('absent' in answer) return answer
  const passed = /"passed":\s*(true|false)/.exec(answer.output)?.[1]
  if (passed === undefined) return { drives: [] } // asleep, or without SMART
  const [model, serial] = [word(from.host, `sys/block/${name}/device/model`), '']
  return { drives: [{ name, model, serial, warnings: passed === 'true' ? [] : ['it says itself that it will fail'] }] }
}

function word(host: Host, path: string): string {
  return textOf(host.read(path))?.trim() ?? ''
}

function isVirtual(host: Host, name: string): boolean {
  return virtual.test(
    `${word(host, `sys/block/${name}/device/vendor`)} ${word(host, `sys/block/${name}/device/model`)}`,
  )
}

/** Numbers of a flat JSON object; nvme-cli writes large ones as text, and `critical_warning` as an object in some versions. */
function numbersIn(text: string): Readonly<Record<string, number>> | undefined {
  try {
    const page: unknown = JSON.parse(text)
    const entries = Object.entries(page ?? {}).flatMap(([name, value]: [string, unknown]) => {
      const plain = typeof value === 'object' && value !== null && 'value' in value ? value.value : value
      const number = Number(typeof plain === 'string' ? plain.replaceAll(',', '') : plain)
      return Number.isFinite(number) ? [[name, number] as const] : []
    })
    return Object.fromEntries(entries)
  } catch {
    return undefined
  }
}
