/** What must hold as a repair is admitted, and as it is committed. */
import { textAt } from '../../../src/embedded/json.ts'
import { kubeletAnnotation } from '../../../src/embedded/model/kubelet.ts'
import type { Attempt } from '../../../src/model/repair.ts'
import type { Check, Moment } from './invariants.ts'
import { leaderLease } from './life.ts'

/** Between the last look and the write that rests on it lie a few calls. */
const lastLookMs = 60_000

/** Asked as an attempt leaves Pending. */
export function admission(check: Check, moment: Moment, now: Attempt, others: readonly Attempt[]): void {
  const { cluster, policies, life } = moment
  const mono = cluster.clock.monotonic()
  const versions = policies.since(now.plan?.policy ?? '', mono - moment.slackMs)
  const text = (): string => `${now.name} of ${now.plan?.policy}: ${versions.map((one) => one.mode)}`
  check(
    'observe',
    versions.some((one) => one.mode !== 'Observe'),
    text,
  )
  if (versions.length > 0 && versions.every((one) => one.mode === 'Approve'))
    check('approve', now.approvedBy !== undefined, text)
  check('frozen', life.settledAt <= life.clock.now(), () => `${now.name} is admitted while everything settles`)
  policies.withinBudget(check, moment, now, others)
  lastLook(check, moment, now)
  leasesRenewed(check, moment, now)
}

/** Asked as an attempt is committed. */
export function commitment(check: Check, moment: Moment, now: Attempt, _others: readonly Attempt[]): void {
  lastLook(check, moment, now)
}

/** Somebody who said no before the last look is heard; and there was a last look. */
function lastLook(check: Check, { cluster, askedAt, vetoedSince, pausedSince }: Moment, now: Attempt): void {
  const mono = cluster.clock.monotonic()
  const looked = askedAt('nodes', now.nodeName)
  check(
    'veto',
    mono - looked <= lastLookMs,
    () => `${now.name} ${now.phase}: no look at the node for ${mono - looked} ms`,
  )
  const vetoed = vetoedSince(now.nodeName)
  check('veto', vetoed === undefined || vetoed > looked, () => `${now.name} ${now.phase} against a veto`)
  const asked = askedAt('leases', leaderLease.name)
  check(
    'frozen',
    mono - asked <= lastLookMs,
    () => `${now.name} ${now.phase}: no question for a pause for ${mono - asked} ms`,
  )
  const paused = pausedSince()
  check('frozen', paused === undefined || paused > asked, () => `${now.name} ${now.phase} against a pause`)
}

/** Two minutes after most kubelets went silent everybody must know: it is not the nodes. */
function leasesRenewed(check: Check, { cluster, slackMs }: Moment, now: Attempt): void {
  const nodes = cluster.list('nodes')
  const silent = nodes.filter((node) => {
    if (node.metadata.annotations?.[kubeletAnnotation] !== 'stopped') return false
    const renewed = Date.parse(
      textAt(cluster.get('leases', node.metadata.name, 'kube-node-lease'), 'spec', 'renewTime'),
    )
    return cluster.clock.now() - renewed > 120_000 + slackMs
  })
  check('frozen', nodes.length < 3 || silent.length <= nodes.length / 2, () => {
    return `${now.name} is admitted while ${silent.length} of ${nodes.length} kubelets are silent`
  })
}
