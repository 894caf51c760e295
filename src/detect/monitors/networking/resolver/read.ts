/** The resolver of the node: resolv.conf(5), and the local server that it may name (systemd-resolved, dnsmasq). */
import type { Host } from '../../../host/host.ts'
import { isLoopback, type Loopback } from '../../../host/network.ts'
import type { Look } from '../../probe.ts'

export interface LocalServer {
  readonly address: string
  /** Why it is not well; undefined when it answers. */
  readonly trouble?: string
  /** It has answered over TCP at this or an earlier look. */
  readonly answered: boolean
}

export interface ResolverSample {
  readonly servers: number
  readonly local: readonly LocalServer[]
}

export async function readResolver(
  host: Host,
  loopback: Loopback | undefined,
  before?: ResolverSample,
): Promise<Look<ResolverSample>> {
  const read = host.read('etc/resolv.conf')
  if ('denied' in read) return { failed: read.denied }
  if ('absent' in read) return { absent: 'this machine has no /etc/resolv.conf' }
  const servers = serversIn(read.text)
  const own = loopback ? servers.filter(isLoopback) : []
  const local = await Promise.all(
    own.map(async (address): Promise<LocalServer> => {
      const trouble = loopback && (await troubleOf(loopback, address))
      const known = before?.local.find((one) => one.address === address)?.answered ?? false
      return { address, answered: known || trouble === undefined, ...(trouble !== undefined && { trouble }) }
    }),
  )
  return { sample: { servers: servers.length, local } }
}

/** Addresses of the `nameserver` lines; a comment begins with `#` or `;`. */
function serversIn(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => /^nameserver[ \t]+([^\s#;]+)/.exec(line)?.[1] ?? [])
}

/** A question for the root's name servers: RFC 1035 4.1 and, for the length before it, 4.2.2. Any answer will do. */
const question = Buffer.from('00114e4d01000001000000000000' + '00' + '00020001', 'hex')

async function troubleOf(loopback: Loopback, address: string): Promise<string | undefined> {
  const answer = await loopback.ask({ address, port: 53 }, question)
  if ('refused' in answer) return 'nothing listens on port 53'
  return 'silent' in answer ? answer.silent : undefined
}
