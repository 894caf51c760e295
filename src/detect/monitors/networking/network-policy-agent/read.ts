/** The network policy agent of Amazon EKS, where systemd runs it (EKS Auto Mode). */
import type { Host } from '../../../host/host.ts'
import { isInstalled, isRunning } from '../../../host/units.ts'
import type { Look } from '../../probe.ts'

export interface NetworkPolicyAgentSample {
  readonly running: boolean
}

const unit = 'aws-network-policy-agent.service'

export function readNetworkPolicyAgent(host: Host): Look<NetworkPolicyAgentSample> {
  if (!isInstalled(host, unit)) return { absent: 'systemd runs no network policy agent on this machine' }
  return { sample: { running: isRunning(host, unit) } }
}
