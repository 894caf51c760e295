/** The link between this machine and a node: a pair of virtual Ethernet devices that ends with the node's name space. */

import { execFileSync } from 'node:child_process'
import { type Random, systemRandom } from '../../../src/telemetry/clock.ts'
import type { Network } from './configuration.ts'

const ATTEMPTS = 50

/** Addresses that nothing on this machine uses now: 10.213.N.0/30 for the link, 10.214.N.0/24 for pods. */
export function freeNetwork(random: Random = systemRandom): { number: number; network: Network } {
  const taken = ip('-oneline', '-4', 'address')
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const number = 1 + Math.floor(random() * 254)
    const gateway = `10.213.${number}.1`
    if (taken.includes(`${gateway}/`)) continue
    const network = { link: `nmnode${number}`, gateway, address: `10.213.${number}.2`, pods: `10.214.${number}.0/24` }
    return { number, network }
  }
  throw new Error('NM_NODE_NETWORK: 50 random networks 10.213.N.0/30 are all in use; `ip address` shows by what')
}

/** Lays the link into the name space of process `pid`, and the way to its pods. */
export function connectNode({ link, gateway, address, pods }: Network, pid: number): void {
  const outside = `${link}h`
  ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', link, 'netns', String(pid))
  ip('address', 'add', `${gateway}/30`, 'dev', outside)
  ip('link', 'set', outside, 'up')
  ip('route', 'add', pods, 'via', address)
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' })
}
