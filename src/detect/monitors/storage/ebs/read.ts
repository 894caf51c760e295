/**
 * What EBS takes from a volume that is used beyond its limits: the statistics page of its NVMe controller (vendor log page
 * 0xD0; Amazon EBS user guide, "detailed performance statistics"). nvme(1) asks for it, and prints any page as hex.
 */
import { type Host, textOf } from '../../../host/host.ts'
import { askProgram } from '../../../host/programs.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look, ProbeHost } from '../../probe.ts'

/** Microseconds beyond a limit since the volume was attached, by value: offset of the counter in the page. */
export const offsets = {
  'volume-iops-seconds': 56,
  'volume-throughput-seconds': 64,
  'instance-iops-seconds': 72,
  'instance-throughput-seconds': 80,
} as const

export interface Volume {
  /** The kernel's name of its disk, e.g. `nvme1n1`. */
  readonly disk: string
  /** `vol-…` */
  readonly id: string
}

export interface EbsSample {
  readonly volumes: readonly Volume[]
  /** Counters `DISK VALUE`, microseconds. */
  readonly trail: Trail
}

export const windowMs = 10 * 60_000
const folder = 'sys/class/nvme'
const model = 'Amazon Elastic Block Store'
const pageBytes = 4_096
const magic = 0x3c23b510
/** Volumes are asked one after the other, so this many fit into one look. */
const mostVolumes = 64

export async function readEbs(from: ProbeHost, before?: EbsSample): Promise<Look<EbsSample>> {
  const volumes = volumesOf(from.host).slice(0, mostVolumes)
  if (volumes.length === 0) return { absent: 'this machine has no EBS volume' }
  const counts: Record<string, number> = {}
  for (const { disk } of volumes) {
    const args = ['get-log', `/dev/${disk}`, '--log-id=0xD0', `--log-len=${pageBytes}`]
    const answer = await askProgram(from, 'nvme', args)
    if (!('output' in answer)) return answer
    const page = bytesOf(answer.output)
    if (page.length < pageBytes || page.readUInt32LE(0) !== magic) continue // of a type without statistics
    for (const [value, offset] of Object.entries(offsets)) {
      counts[`${disk} ${value}`] = Number(page.readBigUInt64LE(offset))
    }
  }
  return { sample: { volumes, trail: follow(counts, from.clock.monotonic(), windowMs, before?.trail) } }
}

function volumesOf(host: Host): readonly Volume[] {
  return host.list(folder).flatMap((name) => {
    const text = (file: string): string => textOf(host.read(`${folder}/${name}/${file}`))?.trim() ?? ''
    const disk = `${name}n1`
    if (text('model') !== model || host.link(`sys/class/block/${disk}`) === undefined) return []
    return [{ disk, id: text('serial').replace(/^vol-?/, 'vol-') }]
  })
}

/** Lines `0010: 10 b5 23 3c …  "..."`, sixteen bytes each. */
function bytesOf(dump: string): Buffer {
  const rows = [...dump.matchAll(/^[0-9a-f]+: ((?:[0-9a-f]{2} ?){1,16})/gm)].map(([, row = '']) => row)
  return Buffer.from(rows.join('').replaceAll(' ', ''), 'hex')
}
