/**
 * The address manager of the Amazon VPC CNI: it serves the CNI plugin on 127.0.0.1:50051, and no pod gets an address
 * without it. Not its introspection port, which can be switched off.
 */
import type { Host } from '../../../host/host.ts'
import { type Loopback, podFolders } from '../../../host/network.ts'
import { isInstalled } from '../../../host/units.ts'
import type { Look } from '../../probe.ts'

export interface IpamdSample {
  /** Why it cannot be reached; undefined while it accepts connections. */
  readonly trouble?: string
}

const service = { address: '127.0.0.1', port: 50_051 }

export async function readIpamd(host: Host, loopback: Loopback | undefined): Promise<Look<IpamdSample>> {
  const isPod = podFolders(host, 'aws-node-').some((pod) =>
    host.list(`var/log/pods/${pod}`).includes('aws-vpc-cni-init'),
  )
  // In EKS Auto Mode systemd runs it.
  if (!isPod && !isInstalled(host, 'ipamd.service')) {
    return { absent: 'no pod of the Amazon VPC CNI has run on this node' }
  }
  if (!loopback) return { absent: 'services of a saved copy of a machine cannot be asked' }
  const answer = await loopback.ask(service, new Uint8Array())
  if ('refused' in answer) return { sample: { trouble: 'nothing listens on 127.0.0.1:50051' } }
  return { sample: 'silent' in answer ? { trouble: `127.0.0.1:50051 ${answer.silent}` } : {} }
}
