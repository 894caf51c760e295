/** Mutations of what the cluster half asks about a cluster that others work on, too. */
import type { Mutation, NoticedBy } from './mutation.ts'

const testOf = (file: string, names: RegExp): NoticedBy => ({ by: 'test', file, names })

const edges = 'src/repair/edges.property.test.ts'
const lost = 'src/repair/lost-pods.test.ts'
const admittedTest = 'src/repair/as-admitted.test.ts'
const marksTest = 'src/repair/foreign-marks.test.ts'
const plan = 'src/repair/act/drain/plan.ts'
const one = (file: string, from: string, to: string) => [{ file, from, to }]

export const otherHands: readonly Mutation[] = [
  {
    what: 'a dedicated taint of every node makes each of them the last one',
    edits: one('src/repair/decide/takers.ts', 'taints.every((taint) => own.has(taint))', '(taints.length === 0)'),
    noticed: testOf('src/repair/cluster-facts.test.ts', /✖ every node carries the dedicated taint/),
  },
  {
    what: 'a pressure that this node has, too, passes for a dedicated taint',
    edits: one('src/repair/decide/takers.ts', "'node.kubernetes.io/', ", ''),
    noticed: testOf('src/repair/cluster-facts.test.ts', /✖ a pressure that every node has/),
  },
  {
    what: 'kubelets long dead freeze the living',
    edits: one('src/repair/observe/kubelet-leases.ts', '12 * 3_600_000', '120 * 3_600_000'),
    noticed: testOf(edges, /✖ kind 2: kubelets that stopped 12 hours ago/),
  },
  {
    what: 'kubelets that all stopped count as dead',
    edits: one('src/repair/observe/kubelet-leases.ts', 'stale.length < ours.length', 'ours.length > 0'),
    noticed: testOf(edges, /✖ kind 2: kubelets that stopped 12 hours ago/),
  },
  {
    what: 'a pod that waited before the repair keeps it waiting',
    edits: one('src/providers/karpenter/provider.ts', 'isYoung(operation, createdAt(pod)) &&', 'true &&'),
    noticed: testOf('src/providers/karpenter/provider.test.ts', /✖ kind 2: pods that waited before/),
  },
  {
    what: 'a pod that tolerates everything is left without asking its budget',
    edits: one(
      plan,
      "  if (pod.finished) return 'finished'\n",
      "  if (pod.finished || tolerates(pod, repairTaintKey)) return 'finished'\n",
    ),
    noticed: testOf(lost, /✖ under a budget that allows nothing/),
  },
  {
    what: 'DaemonSet pods that the provider waits for are not asked about',
    edits: one(plan, "pod.owner === 'DaemonSet' && !awaited", "pod.owner === 'DaemonSet'"),
    noticed: testOf(lost, /✖ a DaemonSet pod under a budget/),
  },
  {
    what: 'a bare pod is evicted before it is named',
    edits: one(plan, 'isBare(pod) && !input.named.has(podText(pod))', 'false'),
    noticed: testOf(lost, /✖ a bare pod is on record before it is evicted/),
  },
  {
    what: 'a pod that comes back is evicted again at once',
    edits: one('src/repair/act/drain/returns.ts', 'firstReturnMs = 15_000', 'firstReturnMs = 1'),
    noticed: testOf(edges, /✖ L12: a pod that comes back/),
  },
  {
    what: 'a refusal by status code alone never stands in the way',
    edits: one('src/repair/act/drain/pacing.ts', 'refusal.blocks || tries >= mostTries', 'refusal.blocks'),
    noticed: testOf('src/repair/refusals.test.ts', /✖ an eviction that always answers 500/),
  },
  {
    what: 'the words of a refuser have any length',
    edits: one('src/repair/act/drain/words.ts', 'longestWords = 512', 'longestWords = 5120'),
    noticed: testOf(edges, /✖ kind 7: words of a refuser/),
  },
  {
    what: 'what was admitted is not asked again',
    edits: one('src/repair/attempt/interrupt.ts', 'if (changed !== undefined) return changed', ''),
    noticed: testOf(admittedTest, /✖ a node that leaves the selection/),
  },
  {
    what: 'the role of the node is not asked again',
    edits: one('src/repair/decide/gates/control-plane.ts', '  cancel: roleOf,\n', ''),
    noticed: testOf(admittedTest, /✖ a node that becomes a control-plane node/),
  },
  {
    what: 'an approval counts for every reason',
    edits: one('src/repair/decide/gates/approval.ts', 'reason === now.reason', 'reason !== undefined'),
    noticed: testOf(admittedTest, /✖ is for the reason that the record showed/),
  },
  {
    what: 'a claim that names another node is believed to be this one’s',
    edits: one('src/repair/decide/gates/identity.ts', 'nodeName !== node.name', "nodeName === ''"),
    noticed: testOf(admittedTest, /✖ an old and a living Node share a providerID/),
  },
  {
    what: 'a soft mark ends our own repair',
    edits: one(
      'src/repair/decide/foreign.ts',
      "one.mark.weight === 'hard')\n  if (mark)",
      'one.mark.weight !== undefined)\n  if (mark)',
    ),
    noticed: testOf(marksTest, /✖ the autoscaler’s candidate mark/),
  },
  {
    what: 'a soft mark is waited for without an end',
    edits: one('src/repair/decide/foreign.ts', 'softForMs = 20 *', 'softForMs = 2_000 *'),
    noticed: testOf(edges, /✖ kind 8: a soft mark is waited for/),
  },
  {
    what: 'Enforce overrules Observe',
    edits: one('src/repair/decide/candidate.ts', 'const first = Math.min(', 'const first = Math.max('),
    noticed: testOf(edges, /✖ L10: the mode that decides/),
  },
]
