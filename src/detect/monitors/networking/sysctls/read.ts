/** Settings of the kernel that pods' traffic needs: Documentation/networking/ip-sysctl.rst. */
import { type Host, numberIn } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface SysctlsSample {
  /** net.ipv4.ip_forward: 1 where the machine passes packets on. */
  readonly forwards: boolean
}

const name = 'proc/sys/net/ipv4/ip_forward'

export function readSysctls(host: Host): Look<SysctlsSample> {
  if (host.list('var/lib/kubelet').length === 0) return { absent: 'no kubelet has run on this machine' }
  const read = host.read(name)
  if ('denied' in read) return { failed: read.denied }
  const value = numberIn(host, name)
  return value === undefined ? { absent: 'this machine has no IPv4' } : { sample: { forwards: value !== 0 } }
}
