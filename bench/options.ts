/** The command line of the benches. */
import { parseArgs } from 'node:util'
import { type Peer, parsePeer } from './subjects/peers.ts'

export interface BenchOptions {
  readonly output: 'json' | 'table'
  readonly peers: readonly Peer[]
  readonly seed: number
  /** A short run that shows that everything works; its figures are rough and marked so. */
  readonly quick: boolean
  /** `detect`: how often. */
  readonly tries?: number
  /** `footprint`: idle minutes that are measured. */
  readonly minutes?: number
  /** `kmsg`: seconds per rate. `outage`: seconds without an API. */
  readonly seconds?: number
  /** `outage`: how many agents. */
  readonly fleet?: number
  /** `fleet`: how large the cluster is. */
  readonly nodes?: number
  readonly pods?: number
  /** `fleet`: a folder that keeps the cluster for the next run. */
  readonly data?: string
  /** `fleet`: one bad detector, and the limits of a policy that sets none. */
  readonly massFalse: boolean
}

export const usage = `usage: npm run bench -- NAME [options]

  --output json|table   one JSON object as the last line, or a table (default)
  --peer nma=PATH       measure this build of the EKS node monitoring agent the same way in the same run
  --peer npd=PATH       the same for node-problem-detector
  --seed N              of the random pauses (default: random, printed)
  --quick               a short run with rough figures, marked "quick": true
  --tries N             detect: how often (200)
  --minutes N           footprint: idle minutes measured, after 2 minutes of settling (10)
  --seconds N           kmsg: per rate (10); outage: without an API (60)
  --fleet N             outage: agents (5)
  --nodes N, --pods N   fleet: size of the cluster (10000, 300000)
  --data DIR            fleet: keep the filled cluster there for the next run
  --mass-false          fleet: one bad detector under default limits, in place of the rest
`

type NumberFlag = 'tries' | 'minutes' | 'seconds' | 'fleet' | 'nodes' | 'pods'

/** Parses what follows the bench's name; throws TypeError with a sentence for people. */
export function parseOptions(args: readonly string[], defaultSeed: number): { name: string; options: BenchOptions } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      output: { type: 'string', default: 'table' },
      peer: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string' },
      quick: { type: 'boolean', default: false },
      tries: { type: 'string' },
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      fleet: { type: 'string' },
      nodes: { type: 'string' },
      pods: { type: 'string' },
      data: { type: 'string' },
      'mass-false': { type: 'boolean', default: false },
    },
  })
  const [name, ...rest] = positionals
  if (name === undefined || rest.length > 0) throw new TypeError('name one bench')
  if (values.output !== 'json' && values.output !== 'table') throw new TypeError('--output is json or table')
  const number = (flag: NumberFlag): Partial<Record<typeof flag, number>> =>
    values[flag] === undefined ? {} : { [flag]: positive(flag, values[flag]) }
  return {
    name,
    options: {
      output: values.output,
      peers: peersIn(values.peer),
      seed: values.seed === undefined ? defaultSeed : positive('seed', values.seed),
      quick: values.quick,
      ...number('tries'),
      ...number('minutes'),
      ...number('seconds'),
      ...number('fleet'),
      ...number('nodes'),
      ...number('pods'),
      ...(values.data !== undefined && { data: values.data }),
      massFalse: values['mass-false'],
    },
  }
}

function peersIn(texts: readonly string[]): Peer[] {
  const peers = texts.map(parsePeer)
  const twice = peers.find(({ name }, index) => peers.findIndex((other) => other.name === name) < index)
  if (twice) throw new TypeError(`--peer ${twice.name} is named twice`)
  return peers
}

function positive(flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new TypeError(`--${flag} wants a number above 0, not "${text}"`)
  return value
}
