/** Default routes of the main table: net/ipv4/fib_trie.c, `fib_route_seq_show`, and net/ipv6/route.c, `rt6_info_route`. */
import type { Host } from './host.ts'

/**
 * Names of the interfaces of the default route that the kernel prefers; empty where there is none. A route of a higher
 * metric, and one of IPv6 beside one of IPv4, may belong to a secondary card.
 */
export function readDefaultRoutes(
  host: Host,
): { readonly interfaces: readonly string[] } | { readonly absent: string } | { readonly failed: string } {
  const [four, six] = [host.read('proc/net/route'), host.read('proc/net/ipv6_route')]
  if ('denied' in four) return { failed: four.denied }
  if ('denied' in six) return { failed: six.denied }
  if ('absent' in four && 'absent' in six) return { absent: 'this machine shows no routes' }
  const routes = 'text' in four ? inFour(four.text) : []
  return { interfaces: preferred(routes.length > 0 || !('text' in six) ? routes : inSix(six.text)) }
}

interface Route {
  readonly name: string
  readonly metric: number
}

function preferred(routes: readonly Route[]): readonly string[] {
  const best = Math.min(...routes.map(({ metric }) => metric))
  return [...new Set(routes.filter(({ metric }) => metric === best).map(({ name }) => name))]
}

/** Flag RTF_REJECT: a route that refuses, which is no way out. */
const reject = 0x200

/** Columns: interface, destination, gateway, flags, reference count, use, metric, mask … in hexadecimal. */
function inFour(text: string): readonly Route[] {
  return text.split('\n').flatMap((line) => {
    const [name, destination, , flags = '', , , metric, mask] = line.split('\t')
    const isDefault = destination === '00000000' && mask === '00000000'
    return name !== undefined && isDefault && !(Number.parseInt(flags, 16) & reject)
      ? [{ name: name.trim(), metric: Number(metric) }]
      : []
  })
}

/** Columns: destination, length, source, length, next hop, metric, reference count, use, flags, interface. */
function inSix(text: string): readonly Route[] {
  return text.split('\n').flatMap((line) => {
    const [destination, length, , , , metric = '', , , flags = '', name] = line.trim().split(/\s+/)
    const isDefault = length === '00' && /^0+$/.test(destination ?? '')
    return name !== undefined && isDefault && !(Number.parseInt(flags, 16) & reject)
      ? [{ name, metric: Number.parseInt(metric, 16) }]
      : []
  })
}
