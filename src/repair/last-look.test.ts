/** A person says no while a repair runs: once the server has taken it, nothing that cannot be taken back is done. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Call, leases, nodes, repairPolicies } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { KubeError } from '../kube/errors.ts'
import { createObject, deleteObject } from '../kube/objects.ts'
import { type TapOptions, tap } from '../providers/testing/tap.ts'
import { seededRandom } from '../telemetry/clock.ts'
import { type Context, givenCluster, phaseOf } from './testing/given-cluster.ts'
import { quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

const lease = { name: 'nodemend-controller', namespace: 'default' }

function tapped({ clock, url, token }: TestCluster, options: TapOptions) {
  return tap(connectTo({ server: url, token: () => token }, { clock, random: seededRandom(3) }), options)
}

/** The phase that a write puts on record. */
const phaseIn = ({ body }: Call): string | undefined =>
  (body as { status?: { phase?: string } } | undefined)?.status?.phase

type No = (cluster: TestCluster, sick: string) => Promise<unknown>

const pause: No = (cluster) => {
  const metadata = { ...lease, annotations: { 'nodemend.dev/paused': 'kim: upgrade' } }
  return createObject(cluster.api, leases, { metadata, spec: {} } as never)
}
const veto: No = (cluster, sick) => cluster.annotate(nodes, sick, { 'nodemend.dev/veto': 'kim: looking at it' })

interface Played {
  readonly sent: readonly string[]
  /** What was sent after the no. */
  readonly after: readonly string[]
  /** Phases entered after the no. */
  readonly entered: readonly string[]
}

/** One sick node; `no` is on the server before write `at` is answered. Every pass works on the snapshot from before. */
async function play(t: Context, no: No, at: number): Promise<Played> {
  const cluster = await startTestCluster()
  t.after(() => cluster.stop())
  await cluster.policy('kernel', quickPolicy)
  const [sick = ''] = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  await cluster.setCondition(sick, 'KernelReady', 'False')
  const entered: string[] = []
  let said = false
  let phase: string | undefined
  const { api, sent } = tapped(cluster, {
    before: (_write, call) => {
      const next = phaseIn(call)
      if (said && next !== undefined && next !== phase) entered.push(next)
      phase = next ?? phase
    },
    after: async (_write, _call, count) => {
      if (count !== at) return
      await no(cluster, sick)
      said = true
    },
  })
  const half = await cluster.half('a', { api })
  await cluster.run(30, half)
  await half.kill()
  return { sent, after: sent.slice(at + 1), entered }
}

describe('at every write of a repair', () => {
  for (const [what, no] of [
    ['a pause', pause],
    ['a veto', veto],
  ] as const) {
    test(`${what} that is on the server: nothing is admitted, committed or deleted after it`, async (t) => {
      const { sent } = await play(t, no, Number.POSITIVE_INFINITY)
      const deletes = sent.findIndex((write) => write.startsWith('delete nodes'))
      assert.ok(deletes >= 5, sent.join('\n'))
      for (let at = 0; at < deletes; at++) {
        const { after, entered } = await play(t, no, at)
        const told = `after write ${at} (${sent[at]}): ${entered.join(', ')}`
        assert.ok(!after.some((write) => write.startsWith('delete nodes')), told)
        assert.ok(!entered.includes('Preparing') && !entered.includes('Committing'), told)
        if (no === pause) assert.ok(!after.some((write) => write.startsWith('patch nodes ')), `a taint ${told}`)
      }
    })
  }
})

test('not knowing is a no: while the node or the lease cannot be read, nothing is deleted; then it goes on', async (t) => {
  const { cluster, first } = await givenCluster(t)
  let dark = ''
  const read = ({ verb, resource }: Call): void => {
    if (verb === 'get' && resource.plural === dark)
      throw new KubeError('NM_KUBE_FORBIDDEN', 'may not read it', { call: 'get', status: 403 })
  }
  const committing = (_write: string, call: Call): void => {
    if (phaseIn(call) === 'Committing' && dark === '') dark = 'leases'
  }
  const { api, sent } = tapped(cluster, { read, after: committing })
  const half = await cluster.half('a', { api })
  await cluster.setCondition(first, 'KernelReady', 'False')
  await cluster.until('it commits', 60, [half], phaseOf(cluster, first, 'Committing'))
  const deletes = (): number => sent.filter((write) => write.startsWith('delete nodes')).length
  await cluster.run(10, half)
  assert.equal(deletes(), 0)
  dark = 'nodes'
  await cluster.run(10, half)
  assert.equal(deletes(), 0)
  dark = 'nothing'
  await cluster.until('it succeeds', 90, [half], phaseOf(cluster, first, 'Succeeded'))
  assert.equal(deletes(), 1)
})

describe('right before an admission', () => {
  const restraints: readonly (readonly [string, No])[] = [
    ['the policy is paused', (cluster) => cluster.policy('kernel', { ...quickPolicy, paused: true })],
    ['the policy only observes', (cluster) => cluster.policy('kernel', { ...quickPolicy, mode: 'Observe' })],
    ['the policy asks for nothing', (cluster) => cluster.policy('kernel', { ...quickPolicy, action: 'NoAction' })],
    ['the policy is deleted', (cluster) => deleteObject(cluster.api, repairPolicies, { name: 'kernel' })],
  ]
  for (const [what, no] of restraints) {
    test(`${what}: it is not admitted`, async (t) => {
      const { cluster, first } = await givenCluster(t)
      let said = false
      const after = async (write: string): Promise<void> => {
        if (said || !write.startsWith('patch noderepairs')) return // the finaliser: the admission is next
        said = true
        await no(cluster, first)
      }
      const half = await cluster.half('a', { api: tapped(cluster, { after }).api })
      await cluster.setCondition(first, 'KernelReady', 'False')
      await cluster.run(20, half)
      assert.ok(said)
      const phases = (await cluster.repairs()).flatMap((one) => one.phases.map(({ phase }) => phase))
      assert.ok(
        phases.every((phase) => phase === 'Pending' || phase === 'Cancelled'),
        phases.join(),
      )
    })
  }
})
