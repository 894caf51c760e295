/** The text of `nodemend status`: what holds everything up, then the nodes that are not well, then the policies. */
import { joinShown, type Shown, shown, shownText } from '../../model/shown.ts'
import { labelled, paragraph, table } from '../text/layout.ts'
import { told } from '../text/times.ts'
import { acknowledgedLines } from './acknowledged.ts'
import type { ClusterStatus, NodeStatus, RepairStatus } from './cluster-status.ts'
import { gravest, type NodeState } from './node-state.ts'

export interface StatusFlags {
  /** Every node, and no limit. */
  readonly all: boolean
  /** Our clock. */
  readonly now: number
  /** Width of the terminal. */
  readonly columns: number
}

const words: Readonly<Record<NodeState, string>> = {
  sick: 'sick',
  unknown: 'unknown',
  'no-agent': 'without an agent',
  healthy: 'healthy',
}

/** Most rows without `--all`: what does not fit a screen is not read. */
const mostRows = 20

export function statusText(data: ClusterStatus, { all, now, columns }: StatusFlags): string {
  const parts = [
    `${countsText(data, columns)}${heldUpText(data, now, columns)}`,
    nodesText(data, all, now, columns),
    policiesText(data, now, columns),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function countsText({ nodes, controller }: ClusterStatus, width: number): string {
  const count = (state: NodeState): number => nodes.filter((node) => node.state === state).length
  const states = gravest.filter((state) => count(state) > 0).map((state) => `${count(state)} ${words[state]}`)
  const warned = nodes.filter((node) => node.warnings.length > 0).length
  const acknowledged = nodes.flatMap((node) => node.acknowledged.list.filter((one) => !one.ended)).length
  const more = [
    warned > 0 ? `${warned} with warnings` : '',
    acknowledged > 0 ? `${acknowledged} acknowledged` : '',
    controller.leader === null ? '' : `${controller.leader} leads`,
  ].filter((one) => one !== '')
  return paragraph(
    shown`${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}: ${[...(states.length > 0 ? [states.join(', ')] : []), ...more].join('; ')}.`,
    width,
  )
}

function heldUpText({ heldUp }: ClusterStatus, now: number, width: number): string {
  const lines = heldUp.flatMap(({ why, repairs, change }) => {
    const count = repairs === null ? '' : `${repairs} ${repairs === 1 ? 'repair has' : 'repairs have'} not begun: `
    const remedy = change === null ? [] : [joinShown([shown`changes:`, told(change, now)], ' ')]
    return [joinShown([shownText(count, 64), told(why, now)], ''), ...remedy]
  })
  return labelled('Held up:', lines, 'Held up:  '.length, width)
}

function nodesText({ nodes, repairs }: ClusterStatus, all: boolean, now: number, width: number): string {
  const byName = new Map(repairs.map((one) => [one.name, one]))
  const begun = (node: NodeStatus): number =>
    node.repair !== null && byName.get(node.repair)?.phase !== 'Pending' ? 1 : 0
  const telling = nodes.filter((node) => all || isTelling(node)).toSorted((a, b) => begun(b) - begun(a)) // stable: the order stays
  const present = new Set(nodes.map((node) => node.repair))
  const rows = [
    ...telling.map((node) => [shownText(node.name), nodeLines(node, byName.get(node.repair ?? ''), now)]),
    // Of a node that is gone, only its repair is left.
    ...repairs.filter((one) => !present.has(one.name)).map((one) => [shownText(one.node), repairLines(one, now)]),
  ]
  if (rows.length === 0) return ''
  const shownRows = all ? rows : rows.slice(0, mostRows)
  const left = rows.length - shownRows.length
  const more = left === 0 ? '' : paragraph(shown`and ${left} more; all of them: nodemend status --all`, width)
  return table(['NODE', 'WHAT'], shownRows, width) + more
}

function isTelling({ healthy, repair, warnings, acknowledged }: NodeStatus): boolean {
  const known = acknowledged.list.length > 0 || acknowledged.trouble !== null
  return !healthy || repair !== null || warnings.length > 0 || known
}

function nodeLines(node: NodeStatus, repair: RepairStatus | undefined, now: number): readonly Shown[] {
  const bad = node.conditions.filter((one) => one.status !== 'True')
  const conditions = bad.map((one) => shown`${one.type} ${one.status} (${one.reason})`)
  const unwatched = node.unwatched === null ? [] : [told(node.unwatched, now)]
  const warnings = node.warnings.length > 0 ? [shown`warnings: ${node.warnings.join(', ')}`] : []
  const acknowledged = acknowledgedLines(node.acknowledged, node.name, now).map((line, index) =>
    index < node.acknowledged.list.length ? joinShown([shown`acknowledged:`, line], ' ') : line,
  )
  const lines = [...conditions, ...unwatched, ...warnings, ...acknowledged, ...(repair ? repairLines(repair, now) : [])]
  return lines.length > 0 ? lines : [shownText(node.state)]
}

/** What is told first need not be told again beside each node. */
function repairLines({ name, phase, why, toldFirst }: RepairStatus, now: number): readonly Shown[] {
  if (toldFirst) return []
  if (phase === 'Pending') return [told(why, now)]
  return [joinShown([shown`${name} (${phase}):`, told(why, now)], ' ')]
}

function policiesText({ policies }: ClusterStatus, now: number, width: number): string {
  if (policies.length === 0) return 'No policy: nothing is repaired.\n'
  const hasTrouble = policies.some(({ trouble }) => trouble !== null) // else nothing stands below its head
  const rows = policies.map((one) => [
    shownText(one.name),
    shownText(one.mode),
    shownText(one.ladder.join(', then ')),
    shownText(one.inForce ? 'yes' : one.accepted ? 'no' : 'refused'),
    ...(hasTrouble ? [told(one.trouble ?? '', now, 1024)] : []),
  ])
  return table(['POLICY', 'MODE', 'LADDER', 'IN FORCE', ...(hasTrouble ? ['TROUBLE'] : [])], rows, width)
}
