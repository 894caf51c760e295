/**
 * What the Amazon VPC CNI has set up for the pods of this node. Its checkpoint names the addresses (pkg/ipamd/datastore),
 * libcni keeps what each pod was given, and the kernel shows routes of all tables (net/ipv4/fib_trie.c); rules can only
 * be asked by netlink, which ip(8) speaks.
 */
import { type Host, textOf } from '../../../host/host.ts'
import { askProgram } from '../../../host/programs.ts'
import type { Look, ProbeHost } from '../../probe.ts'

export interface Allocation {
  readonly address: string
  /** `namespace/name` where the checkpoint says it. */
  readonly pod: string
  /** What the pod was given; undefined where that is not known. */
  readonly given: string | undefined
}

export interface VpcCniSample {
  readonly allocations: readonly Allocation[]
  /** Addresses with a rule to them, and tables of rules from them. */
  readonly ruledTo: ReadonlySet<string>
  readonly tablesOf: ReadonlyMap<string, string>
  /** Addresses with a host route in the main table, and tables with a default route. */
  readonly routed: ReadonlySet<string>
  readonly defaults: ReadonlySet<string>
}

const checkpoints = ['run/aws-node/ipam.json', 'var/run/aws-node/ipam.json']
const results = 'var/lib/cni/results'
/** More pods than a node can have. */
const mostPods = 1_024

export async function readVpcCni(from: ProbeHost): Promise<Look<VpcCniSample>> {
  const { host } = from
  const text = checkpoints.map((path) => textOf(host.read(path))).find((one) => one !== undefined)
  if (text === undefined) return { absent: 'the Amazon VPC CNI keeps no checkpoint on this machine' }
  const allocations = await allocationsIn(host, text)
  if (allocations === undefined) return { failed: 'the checkpoint of the Amazon VPC CNI is not JSON with allocations' }
  const routes = host.read('proc/net/fib_trie')
  if (!('text' in routes))
    return { failed: 'denied' in routes ? routes.denied : 'the machine shows no /proc/net/fib_trie' }
  const rules = await askProgram(from, 'ip', ['-json', 'rule', 'show'])
  if (!('output' in rules)) return rules
  const found = rulesIn(rules.output)
  if (!found) return { failed: 'ip -json rule show printed no JSON' }
  return { sample: { allocations, ...found, ...routesIn(routes.text) } }
}

/** Any part of what a program or file holds may be missing. */
type Loose = { readonly [key: string]: unknown }

async function allocationsIn(host: Host, text: string): Promise<readonly Allocation[] | undefined> {
  const found = listOf(parsed(text), 'allocations')
  if (!found) return undefined
  const allocations: Allocation[] = []
  for (const { ipv4, containerID, networkName, ifName, metadata } of found.slice(0, mostPods)) {
    if (typeof ipv4 !== 'string' || ipv4 === '') continue
    const { k8sPodNamespace = '', k8sPodName = '' } = (metadata ?? {}) as Loose // any value has properties
    const pod = `${k8sPodNamespace}/${k8sPodName}`
    const given = await givenTo(host, `${networkName}-${containerID}-${ifName}`)
    allocations.push({ address: ipv4, pod: pod === '/' ? `${containerID}` : pod, given })
  }
  return allocations
}

/** libcni's api.go, `cacheAdd`: the result of the plugin, under network, container and interface. On a disk. */
async function givenTo(host: Host, name: string): Promise<string | undefined> {
  if (!/^[\w.-]+$/.test(name)) return undefined
  const cached = parsed(textOf(await host.readSlowly(`${results}/${name}`)) ?? '') as Loose | undefined // parts are checked
  const [first] = listOf(cached?.result, 'ips') ?? []
  return typeof first?.address === 'string' ? first.address.replace(/\/\d+$/, '') : undefined
}

/** 512: to a pod, by the main table; 1536: from a pod, by the table of its network card. */
function rulesIn(text: string): Pick<VpcCniSample, 'ruledTo' | 'tablesOf'> | undefined {
  const rules = listOf({ rules: parsed(text) }, 'rules')
  if (!rules) return undefined
  return {
    ruledTo: new Set(rules.flatMap(({ dst, table }) => (typeof dst === 'string' && table === 'main' ? [dst] : []))),
    tablesOf: new Map(
      rules.flatMap(({ src, table, priority }) =>
        typeof src === 'string' && typeof table === 'string' && priority === 1536 ? [[src, table] as const] : [],
      ),
    ),
  }
}

/** `Main:` and `Id 2:` begin tables, `|-- ADDRESS` leaves, and `/32 link UNICAST` a route of the leaf above. */
function routesIn(text: string): Pick<VpcCniSample, 'routed' | 'defaults'> {
  const [routed, defaults] = [new Set<string>(), new Set<string>()]
  let [table, leaf] = ['', '']
  for (const line of text.split('\n')) {
    table = /^(?:Id )?(\w+):/.exec(line)?.[1]?.toLowerCase() ?? table
    leaf = /\|-- (\S+)/.exec(line)?.[1] ?? leaf
    const length = /^\s+\/(\d+) \w+ UNICAST/.exec(line)?.[1]
    if (length === '32' && table === 'main') routed.add(leaf)
    if (length === '0' && leaf === '0.0.0.0') defaults.add(table)
  }
  return { routed, defaults }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function listOf(value: unknown, key: string): readonly Loose[] | undefined {
  const list = typeof value === 'object' && value !== null ? (value as Loose)[key] : undefined // checked on the left
  return Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : undefined
}
