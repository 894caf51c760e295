/**
 * AWS Elastic Fabric Adapters: drivers/infiniband/hw/efa/efa_verbs.c, `hw_counters` of the port and of the device. The
 * state of a port is always ACTIVE, so health is in the counters.
 */
import { type Host, numberOf, textOf } from '../../../host/host.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

export const windowMs = 10 * 60_000

export const portFiles = {
  errors: [
    'rx_drops',
    'rdma_read_wr_err',
    'rdma_write_wr_err',
    'unresponsive_remote_events',
    'impaired_remote_conn_events',
  ],
  retransmits: ['retrans_bytes', 'retrans_pkts', 'retrans_timeout_events'],
} as const
/** Counters of the device: commands without an answer, commands that failed, and signs of life. */
export const deviceFiles = ['no_completion_cmds', 'cmds_err', 'keep_alive_rcvd'] as const

export interface EfaSample {
  /** Names of adapters with their ports, e.g. `rdmap0s6/1`. */
  readonly ports: readonly string[]
  readonly devices: readonly string[]
  /** Counters `PORT FILE` and `DEVICE FILE`. */
  readonly trail: Trail
}

const folder = 'sys/class/infiniband'
const vendor = '0x1d0f'

export async function readEfa(host: Host, at: number, before?: EfaSample): Promise<Look<EfaSample>> {
  const devices = host.list(folder).filter((name) => isEfa(host, name))
  if (devices.length === 0) return { absent: 'this machine has no Elastic Fabric Adapter' }
  const ports = devices.flatMap((name) => host.list(`${folder}/${name}/ports`).map((port) => `${name}/${port}`))
  const counts: Record<string, number> = {}
  const take = async (name: string, path: string, files: readonly string[]): Promise<void> => {
    for (const file of files) {
      const count = numberOf(await host.readSlowly(`${folder}/${path}/hw_counters/${file}`))
      if (count !== undefined) counts[`${name} ${file}`] = count
    }
  }
  for (const name of devices) await take(name, name, deviceFiles)
  for (const name of ports)
    await take(name, name.replace('/', '/ports/'), [...portFiles.errors, ...portFiles.retransmits])
  return { sample: { ports, devices, trail: follow(counts, at, windowMs, before?.trail) } }
}

function isEfa(host: Host, name: string): boolean {
  const id = (file: string): string | undefined => textOf(host.read(`${folder}/${name}/device/${file}`))?.trim()
  return id('vendor') === vendor && (id('device')?.startsWith('0xefa') ?? false)
}
