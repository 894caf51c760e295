/** Removes what nobody needs any more: our finaliser, old records, and marks of ours on nodes without an open repair. */
import type { Api } from '../kube/api.ts'
import type { ClusterSnapshot } from '../model/node.ts'
import { type Attempt, isActive, isFinished } from '../model/repair.ts'
import type { Clock } from '../telemetry/clock.ts'
import { strayMarks } from './act/gang/peers.ts'
import { type LifecycleConditions, unlikeNodes } from './act/lifecycle/lifecycle.ts'
import type { OnNodePods } from './act/on-node/pods.ts'
import { removeGangMark, removeTaint, strayTaints } from './act/taint.ts'
import type { AttemptBook } from './attempt/book.ts'
import { outdated } from './attempt/retention.ts'
import type { ErrorOccasion } from './metrics.ts'
import type { Observer } from './observe/observer.ts'

/** Finalisers, old records and stray marks removed per pass, of each. */
const mostPerPass = 20

export interface TidyOptions {
  readonly api: Api
  readonly book: AttemptBook
  readonly clock: Clock
  readonly lifecycle: LifecycleConditions
  /** Whether everything is paused is asked before conditions are written. */
  readonly observer: Pick<Observer, 'pause'>
  readonly onNode?: OnNodePods | undefined
}

/** `attempt` runs one of the removals; one that fails must not keep the others from being tried. */
export async function tidy(
  { api, book, clock, lifecycle, observer, onNode }: TidyOptions,
  { nodes }: ClusterSnapshot,
  attempt: (what: ErrorOccasion, run: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const open = new Set(book.records.filter(isActive).map((one) => one.name))
  await attempt('removing pods of ended repairs', async () => onNode?.sweep(open))
  for (const record of book.records.filter(isLetGo).slice(0, mostPerPass)) {
    await attempt('letting go of a record', () => book.release(record))
  }
  const free = book.records.filter((one) => !one.guarded)
  const names = new Set(nodes.map((node) => node.name))
  for (const record of outdated(free, names, clock.now()).slice(0, mostPerPass)) {
    await attempt('removing an old record', () => book.remove(record))
  }
  for (const { node, attempt: name } of strayTaints(nodes, book.records).slice(0, mostPerPass)) {
    await attempt('removing a stray taint', () => removeTaint(api, node, name))
  }
  for (const node of strayMarks(nodes, book.records).slice(0, mostPerPass)) {
    await attempt('removing a stray taint', () => removeGangMark(api, node))
  }
  const unlike = unlikeNodes(nodes, book.records).slice(0, mostPerPass)
  if (unlike.length > 0) await observer.pause.poll()
  if (observer.pause.pause.state !== 'off') return
  for (const one of unlike) {
    await attempt('writing life-cycle conditions', () => lifecycle.mend(one))
  }
}

/** Our finaliser is on it although no repair is under way: it has ended, or its admission did not get through. */
function isLetGo({ guarded, phase }: Attempt): boolean {
  return guarded && (phase === 'Pending' || isFinished(phase))
}
