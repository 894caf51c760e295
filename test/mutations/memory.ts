/** Mutations of what the cluster half remembers, takes for recovery and for proof, and of its own clock. */
import type { Mutation } from './mutation.ts'

const ladder = 'src/repair/decide/ladder.ts'
const pool = 'src/repair/decide/pool-memory.ts'
const sightings = 'src/repair/decide/sightings.ts'
const proof = 'src/repair/verify/pool.ts'
const ownTime = 'src/model/own-time.ts'
const ownClock = 'src/repair/own-clock.ts'
const retention = 'src/repair/attempt/retention.ts'

/** One place that says another thing, and the test that has to fail. */
function wrong(what: string, file: string, from: string, to: string, test: string, names: RegExp): Mutation {
  return { what, edits: [{ file, from, to }], noticed: { by: 'test', file: test, names } }
}

const memory: readonly Mutation[] = [
  wrong(
    'a lineage takes as many machines as it likes',
    ladder,
    'const mostMachines = 3',
    'const mostMachines = 9',
    'src/repair/decide/ladder.test.ts',
    /✖ kind 1: a lineage takes at most three machines/,
  ),
  wrong(
    'a proven repair that did not last is forgotten',
    ladder,
    "if (phase === 'Failed' || phase === 'Succeeded') return true",
    "if (phase === 'Failed') return true",
    'src/repair/decide/ladder.test.ts',
    /✖ a repair that was proven and did not last counts/,
  ),
  wrong(
    'a cancelled drain pauses nothing',
    ladder,
    "phase === 'Cancelled' && taintedAt !== undefined",
    "phase === 'Cancelled' && taintedAt === -1",
    'src/repair/decide/ladder.test.ts',
    /✖ kind 1: a drain that was cancelled pauses the next attempt/,
  ),
  wrong(
    'nobody can forgive',
    ladder,
    'if (forgivenBy !== undefined) return false',
    '',
    'src/repair/decide/ladder.test.ts',
    /✖ kind 1: what a person forgave/,
  ),
  wrong(
    'another Node object of the same machine begins anew',
    ladder,
    '.map((one) => one.nodeUid))])',
    '.map(() => uid))])',
    'src/repair/decide/ladder.test.ts',
    /✖ kind 1: another Node object of the same name/,
  ),
  wrong(
    'a pool whose machine never came gives away the next one',
    pool,
    'missing: notReplaced(short, joined)',
    'missing: notReplaced([], joined)',
    'src/repair/decide/pool-memory.property.test.ts',
    /✖ kind 1: a pool is short/,
  ),
  wrong(
    'one node makes up for every machine that is missing',
    pool,
    'open.splice(index, 1)',
    'open.slice(index, 1)',
    'src/repair/decide/pool-memory.property.test.ts',
    /✖ kind 1: a pool is short/,
  ),
  wrong(
    'replacements of a pool fail in a row for ever',
    'src/repair/decide/gates/pool.ts',
    'const mostInRow = 3',
    'const mostInRow = 30',
    'src/repair/decide/pool-memory.property.test.ts',
    /✖ kind 1: three replacements in a row/,
  ),
  wrong(
    'a new machine that is not ready counts as there',
    'src/repair/decide/gates/pool.ts',
    'if (idle) {',
    "if (idle && name === '') {",
    'src/repair/decide/pool-memory.property.test.ts',
    /✖ kind 1: while a new machine that proved nothing/,
  ),
  wrong(
    'after a replacement that did not help several are tried at once',
    'src/repair/decide/gates/pool.ts',
    'if (last && started > 0) {',
    'if (last && started > 9) {',
    'src/repair/decide/pool-memory.property.test.ts',
    /✖ kind 1: after a replacement that did not help/,
  ),
  wrong(
    'a vetoed node takes a share of the breaker',
    'src/repair/decide/cluster-index.ts',
    'if (ours && vetoOn(node, now) === undefined)',
    'if (ours)',
    'src/repair/decide/decide.test.ts',
    /✖ a sick node that a person has vetoed/,
  ),
  wrong(
    'what a limit counts is removed with the rest',
    retention,
    '(index >= mostPerNode && !one.plan)',
    'index >= mostPerNode',
    'src/repair/attempt/retention.test.ts',
    /✖ kind 1: what was admitted stays/,
  ),
  wrong(
    'records of nodes that are gone stay for ever',
    retention,
    'present.has(name) ? keptPerNode : 0',
    'keptPerNode',
    'src/repair/attempt/retention.test.ts',
    /✖ kind 1: of a node that is gone/,
  ),
]

const recovery: readonly Mutation[] = [
  wrong(
    'Unknown in mid-drain is recovery',
    'src/repair/attempt/transition.ts',
    'return saysHealthy(condition, conditionOf(node, condition)?.status, status)',
    'return conditionOf(node, condition)?.status !== status',
    'src/repair/recovery.test.ts',
    /✖ kind 4: the condition turns Unknown in mid-drain/,
  ),
  wrong(
    'each change between two sick statuses begins anew',
    sightings,
    '(seen.transition === stamp || stayedSick(condition, first))',
    'seen.transition === stamp',
    'src/repair/decide/sightings.property.test.ts',
    /✖ kind 4: sick is counted since the first/,
  ),
  wrong(
    'a healthy report that came and went is overlooked',
    sightings,
    '(watched[one] ?? 0) > since',
    '(watched[one] ?? 0) < 0',
    'src/repair/recovery.test.ts',
    /✖ kind 4: a healthy report comes and goes between two passes/,
  ),
  wrong(
    'one recovery is none',
    'src/repair/decide/flapping.ts',
    'const fewestSpells = 2',
    'const fewestSpells = 0',
    'src/repair/decide/flapping.property.test.ts',
    /✖ one recovery is a recovery/,
  ),
  wrong(
    'a policy that only observes lets the drain go on',
    'src/repair/decide/as-admitted.ts',
    "if (mode === 'Observe') return 'only observes now'",
    '',
    'src/repair/as-admitted.test.ts',
    /✖ a policy that only observes from mid-drain on/,
  ),
  wrong(
    'a change between two sick statuses is not on record',
    'src/repair/attempt/codec.ts',
    "  transition: at('transition', time),\n",
    '  transition: { read: () => undefined, write: () => ({}) },\n',
    'src/repair/attempt/codec.property.test.ts',
    /✖ /,
  ),
]

const proven: readonly Mutation[] = [
  wrong(
    'a cordoned node proves the repair',
    proof,
    'if (node.unschedulable)',
    'if (node.deleting)',
    'src/repair/verify/pool.test.ts',
    /✖ kind 5: a cordoned node/,
  ),
  wrong(
    'a start-up taint proves the repair',
    proof,
    'if (taint)',
    'if (taint && node.deleting)',
    'src/repair/verify/pool.test.ts',
    /✖ kind 5: a taint is one of the pool/,
  ),
  wrong(
    'a node on which no detector reports proves the repair',
    proof,
    'return silent && `',
    'return node.deleting && silent ? `` : undefined && `',
    'src/repair/verify/pool.test.ts',
    /✖ kind 5: a detector is missing/,
  ),
  wrong(
    'every machine has twenty minutes to join',
    'src/repair/attempt/transition.ts',
    'return joinMs\n',
    'return Math.min(joinMs, observationMs)\n',
    'src/repair/proof.test.ts',
    /✖ kind 5: is waited for where the policy says so/,
  ),
]

const time: readonly Mutation[] = [
  wrong(
    'stamps of the future stay where they are',
    ownTime,
    'newest > now + aheadMs ? newest - now : 0',
    'newest > now + aheadMs ? 0 : 0',
    'src/repair/own-clock.property.test.ts',
    /✖ kind 9: what a clock that was ahead has written/,
  ),
  wrong(
    'a jump forward ends the drain',
    ownClock,
    'return counts ? step : 0',
    'return counts ? 0 : 0',
    'src/repair/own-clock.test.ts',
    /✖ kind 9: in mid-drain: the drain has the rest of its time/,
  ),
  wrong(
    'a minute of skew hides the successor',
    ownTime,
    'Math.min(ms, serverTime(attempt, ms))',
    'Math.max(ms, serverTime(attempt, ms))',
    'src/repair/own-clock.property.test.ts',
    /✖ kind 9: a machine that was created after our stamp/,
  ),
  wrong(
    'a silent kubelet is waited for with the whole grace',
    'src/repair/act/drain/plan.ts',
    'if (kubeletSilent && isUnheard(pod, input))',
    'if (kubeletSilent && isStuck(pod, now))',
    'src/repair/act/drain/plan.test.ts',
    /✖ kind 9: on a node whose kubelet has been silent/,
  ),
]

export const memoryMutations: readonly Mutation[] = [...memory, ...recovery, ...proven, ...time]
