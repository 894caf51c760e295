/** Who else acts on a node: marks that others leave on it, and what the cluster says of its owner. */
import { type ClaimView, type ClusterSnapshot, conditionOf, type NodeView, type Taint } from '../../model/node.ts'
import { isOwnLifecycle } from '../../model/node-lifecycle.ts'
import { type ForeignMark, foreignMarks } from './foreign-marks.ts'

/** A soft mark that was set less than this ago is waited for: whoever set it decides within 20 minutes (cluster autoscaler). */
export const softForMs = 20 * 60_000
/** A mark that is older than this may have been forgotten, and the refusal says so. */
const forgottenAfterMs = 24 * 3_600_000
const hourMs = 3_600_000

/** What has to be kept of a node's annotations for {@link foreignOwner}. */
export const foreignAnnotations = [...new Set(marksOn('annotation').map((one) => one.key))]

const hardTaints = marksOn('taint').filter((one) => one.weight === 'hard')

/** True for a taint of somebody who acts on the node. */
export function hardTaint(key: string): boolean {
  return hardTaints.some((one) => isNamedBy(one.key, key))
}

/** A mark on a node. */
export interface FoundMark {
  readonly mark: ForeignMark
  /** `taint KEY=VALUE`. */
  readonly where: string
  /** When it was set, wall clock; absent where it does not say. */
  readonly since?: number
}

/** Every mark on `node`, in the order of the table's kinds. */
export function marksOf(node: NodeView): readonly FoundMark[] {
  const { taints, annotations, labels, conditions } = node
  return [
    ...taints
      .filter((one) => !isOwnFence(one, taints))
      .flatMap(({ key, value = '', timeAdded }) => found('taint', key, value, timeAdded)),
    ...Object.entries(annotations).flatMap(([key, value]) => found('annotation', key, value)),
    ...labelMarks.flatMap(({ key }) => {
      const value = labels[key]
      return value === undefined ? [] : found('label', key, value)
    }),
    ...conditions
      .filter((one) => one.status === 'True' && !isOwnLifecycle(one))
      .flatMap(({ type, status, lastTransitionTime }) => found('condition', type, status, lastTransitionTime)),
  ]
}

/** Our own out-of-service taint names the repair that our taint beside it names. */
function isOwnFence({ key, value }: Taint, taints: readonly Taint[]): boolean {
  if (key !== 'node.kubernetes.io/out-of-service' || value === undefined) return false
  return taints.some((one) => one.key === 'nodemend.dev/repairing' && one.value === value)
}

const labelMarks = [...new Map(marksOn('label').map((one) => [one.key, one])).values()]

type Owners = Pick<ClusterSnapshot, 'claims' | 'otherRepairers'>

/** Who else acts on `node`, in words; undefined when nobody does. `now` only ages the marks in the text. */
export function foreignOwner(node: NodeView, { claims, otherRepairers }: Owners, now?: number): string | undefined {
  if (node.deleting) return 'its Node object is being deleted'
  const mark = marksOf(node).find((one) => one.mark.weight === 'hard')
  if (mark) return markText(mark, now)
  const shutdown = shutdownText(node)
  if (shutdown !== undefined) return shutdown
  const repairer = otherRepairers.find((one) => one.unsure === undefined && node.labels[one.label] !== undefined)
  if (repairer) return repairer.why
  const claim = claims.find((one) => one.deleting && belongs(one, node))
  return claim && `Karpenter is deleting its NodeClaim ${claim.name}`
}

/** What kubelet says while its graceful shutdown runs (kubelet's shutdown manager); it ends with the shutdown or with the boot. */
const shuttingDown = 'node is shutting down'

function shutdownText(node: NodeView): string | undefined {
  const ready = conditionOf(node, 'Ready')
  if (ready?.status !== 'False' || !ready.message.includes(shuttingDown)) return undefined
  return `its kubelet shuts it down in order (Ready=False: ${shuttingDown}), which is no fault`
}

/** The soft marks on `node`. */
export function softMarks(node: NodeView): readonly FoundMark[] {
  return marksOf(node).filter((one) => one.mark.weight === 'soft')
}

/** What the mark says, where it is, and for how long it has been there. */
export function markText({ mark, where, since }: FoundMark, now?: number): string {
  const facts = [where, ...(since === undefined ? [] : [`since ${new Date(since).toISOString()}`])]
  if (since !== undefined && now !== undefined && now - since > forgottenAfterMs) {
    facts.push(`for ${Math.floor((now - since) / hourMs)} h, perhaps forgotten`)
  }
  return `${mark.says} (${facts.join(', ')})`
}

/** Who may act on `node`, where that cannot be told, and what would tell. */
export function possibleOwner(
  node: NodeView,
  { otherRepairers }: Owners,
): { readonly why: string; readonly change: string } | undefined {
  const found = otherRepairers.find((one) => one.unsure !== undefined && node.labels[one.label] !== undefined)
  return found && { why: found.why, change: found.unsure ?? '' }
}

/** True when `pattern` names `key`: exactly, or as a prefix that ends in `/`. */
export function isNamedBy(pattern: string, key: string): boolean {
  return pattern.endsWith('/') ? key.startsWith(pattern) : key === pattern
}

function marksOn(on: ForeignMark['on']): readonly ForeignMark[] {
  return foreignMarks.filter((one) => one.on === on)
}

const prefixes = foreignMarks.filter((one) => one.key.endsWith('/'))
/** Marks with an exact key, by kind and key: a node is asked about in each pass. */
const named = Map.groupBy(foreignMarks, ({ on, key }) => `${on} ${key}`)

function found(on: ForeignMark['on'], key: string, value: string, setAt?: string): readonly FoundMark[] {
  const byName = named.get(`${on} ${key}`) ?? prefixes.filter((one) => one.on === on && isNamedBy(one.key, key))
  const mark = byName.find((one) => counts(one, value))
  if (!mark) return []
  const since = timeOf(setAt) ?? (mark.stamped ? timeOf(value) : undefined)
  const shown = value === '' || on === 'condition' ? key : `${key}=${value.slice(0, 64).replace(/\p{C}+/gu, ' ')}`
  return [{ mark, where: `${on} ${shown}`, ...(since !== undefined && { since }) }]
}

function counts({ is, not }: ForeignMark, value: string): boolean {
  return (is?.includes(value) ?? true) && !not?.includes(value)
}

/** RFC 3339 or Unix seconds, in milliseconds. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const ms = /^\d{9,11}$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

function belongs(claim: ClaimView, node: NodeView): boolean {
  return claim.providerId !== undefined ? claim.providerId === node.providerId : claim.nodeName === node.name
}
