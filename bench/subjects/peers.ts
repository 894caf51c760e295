/** Other people's agents that can be measured beside ours: which there are, and where their binary is. */
import { existsSync } from 'node:fs'

export const peerNames = ['nma', 'npd'] as const
export type PeerName = (typeof peerNames)[number]

export interface Peer {
  readonly name: PeerName
  readonly path: string
}

/** Reads `nma=PATH`; throws TypeError with a sentence for people. */
export function parsePeer(text: string): Peer {
  const [name = '', ...rest] = text.split('=')
  const path = rest.join('=')
  const known = peerNames.find((one) => one === name)
  if (known === undefined || path === '') throw new TypeError(`--peer wants nma=PATH or npd=PATH, not "${text}"`)
  if (!existsSync(path)) throw new TypeError(`--peer ${name}: there is no file ${path}`)
  return { name: known, path }
}
