/** The cluster half may end at any instruction: nothing is lost, nothing is done twice. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Api } from '../kube/api.ts'
import { connectTo } from '../kube/connect.ts'
import { type Attempt, isFinished } from '../model/repair.ts'
import { bootText, noAnswer, type Tap, type TapOptions, tap } from '../providers/testing/tap.ts'
import { seededRandom } from '../telemetry/clock.ts'
import { type Half, quickPolicy, startTestCluster, type TestCluster } from './testing/test-cluster.ts'

type Context = { after(run: () => Promise<void>): void }

/** A test cluster with one sick node, its policy in place, nobody at work yet. */
async function sickCluster(
  t: Context,
  policy: object = quickPolicy,
): Promise<{ cluster: TestCluster; sick: string; others: readonly string[] }> {
  const cluster = await startTestCluster()
  t.after(() => cluster.stop())
  await cluster.policy('kernel', policy)
  const [sick = '', ...others] = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  await cluster.setCondition(sick, 'KernelReady', 'False')
  return { cluster, sick, others }
}

function tapped(cluster: TestCluster, options: TapOptions): Tap {
  const { clock, url, token } = cluster
  const api: Api = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(3) })
  return tap(api, options)
}

/** Runs to the end and checks that the sick node, and no other, was replaced, once. */
async function replacedOnce(
  cluster: TestCluster,
  sick: string,
  others: readonly string[],
  halves: Parameters<TestCluster['until']>[2],
) {
  const succeeded = async (): Promise<Attempt | undefined> =>
    (await cluster.repairs()).find((one) => one.phase === 'Succeeded')
  const done = await cluster.until('the repair succeeds', 180, halves, succeeded)
  await cluster.run(5, ...halves)
  const names = (await cluster.nodes()).map((one) => one.metadata.name ?? '')
  assert.equal(names.length, 4)
  assert.ok(!names.includes(sick))
  assert.deepEqual(
    others.filter((name) => !names.includes(name)),
    [],
    'a healthy node was taken',
  )
  assert.ok(names.includes(done.successor?.name ?? ''))
  assert.equal((await cluster.repairs()).length, 1)
  for (const node of await cluster.nodes()) assert.deepEqual(node.spec?.taints ?? [], [])
  return done
}

describe('one repair, ended at every write', () => {
  test('before the write is sent, and after it without the answer: the next leader finishes, once', async (t) => {
    const rehearsal = await sickCluster(t)
    const counted = tapped(rehearsal.cluster, {})
    const half = await rehearsal.cluster.half('a', { api: counted.api })
    await replacedOnce(rehearsal.cluster, rehearsal.sick, rehearsal.others, [half])
    const total = counted.sent.length
    assert.ok(total >= 10, counted.sent.join('\n'))
    for (let at = 0; at < total; at++) {
      for (const when of ['before', 'after'] as const) await endAt(t, at, when)
    }
  })
})

async function endAt(t: Context, at: number, when: 'before' | 'after'): Promise<void> {
  const { cluster, sick, others } = await sickCluster(t)
  await lifeUntil(cluster, at, when)
  const b = await cluster.half('b', { leadership: { fencingToken: 2 } })
  await replacedOnce(cluster, sick, others, [b])
}

describe('one reboot, ended at every write', () => {
  const { action: _action, ...rest } = quickPolicy
  const policy = { ...rest, ladder: [{ action: 'Reboot', attempts: 1 }] }
  const isBoot = (write: string): boolean => write.endsWith(bootText)

  test('it is sent at most once, and where nobody knows whether it was, never again', async (t) => {
    const rehearsal = await sickCluster(t, policy)
    const counted = tapped(rehearsal.cluster, {})
    const half = await rehearsal.cluster.half('a', { api: counted.api })
    assert.equal((await endOfReboot(rehearsal.cluster, rehearsal.sick, half)).phase, 'Succeeded')
    const boot = counted.sent.findIndex(isBoot)
    assert.equal(counted.sent[boot - 1]?.split(' ')[1], 'noderepairs/status', 'the call is on record before it is sent')
    for (let at = 0; at < counted.sent.length; at++) {
      for (const when of ['before', 'after'] as const) {
        const { cluster, sick } = await sickCluster(t, policy)
        const sent = await lifeUntil(cluster, at, when)
        const last = tapped(cluster, {})
        const b = await cluster.half('b', { leadership: { fencingToken: 2 }, api: last.api })
        const done = await endOfReboot(cluster, sick, b)
        const boots = [...sent, ...last.sent].filter(isBoot).length
        const never = (when === 'before' && at === boot) || (when === 'after' && at === boot - 1)
        assert.deepEqual([boots, done.phase], never ? [0, 'Failed'] : [1, 'Succeeded'], `${when} write ${at}`)
        for (const node of await cluster.nodes()) assert.deepEqual(node.spec?.taints ?? [], [])
      }
    }
  })
})

/** Runs to the end of the repair, with an agent that finds the node well after its boot. */
async function endOfReboot(cluster: TestCluster, sick: string, half: Half): Promise<Attempt> {
  for (let seconds = 0; seconds < 1_500; seconds++) {
    const [repair] = await cluster.repairs()
    if (repair && isFinished(repair.phase)) {
      await cluster.run(2, half)
      return repair
    }
    const boot = (await cluster.nodes()).find((one) => one.metadata.name === sick)?.status?.nodeInfo?.bootID
    if (boot?.startsWith(sick)) await cluster.setCondition(sick, 'KernelReady', 'True')
    await cluster.run(1, half)
  }
  throw new Error('the reboot never ended')
}

/** One cluster half that ends at its write `at`; what it sent. */
async function lifeUntil(cluster: TestCluster, at: number, when: 'before' | 'after'): Promise<readonly string[]> {
  let ended = false
  const die = (_write: string, _call: unknown, count: number): void => {
    if (count >= at) ended = true
    if (ended) throw noAnswer()
  }
  const rest = (): void => {
    if (ended) throw noAnswer()
  }
  const life = tapped(cluster, when === 'before' ? { before: die } : { before: rest, after: die })
  const half = await cluster.half('a', { api: life.api })
  const agent = async (name: string): Promise<void> => cluster.setCondition(name, 'KernelReady', 'True')
  for (let seconds = 0; seconds < 60 && !ended; seconds++) {
    await cluster.run(1, half)
    const [repair] = await cluster.repairs()
    if (repair?.phase === 'Dwelling' && repair.plan?.action === 'Reboot') await agent(repair.nodeName)
  }
  assert.ok(ended, `write ${at} never came`)
  await half.kill()
  return life.sent
}

test('many lives: ended at random writes until it is done, over and over', async (t) => {
  for (const seed of [1, 2, 3]) {
    const { cluster, sick, others } = await sickCluster(t)
    const random = seededRandom(seed)
    for (let life = 1; life <= 12; life++) {
      let left = Math.floor(random() * 8)
      const lost = random() < 0.5
      const die = (): void => {
        if (left-- <= 0) throw noAnswer()
      }
      const { api } = tapped(cluster, lost ? { after: die } : { before: die })
      const half = await cluster.half(`life-${life}`, { leadership: { fencingToken: life }, api })
      for (let seconds = 0; seconds < 20 && left >= 0; seconds++) await cluster.run(1, half)
      await half.kill()
    }
    const last = await cluster.half('last', { leadership: { fencingToken: 99 } })
    await replacedOnce(cluster, sick, others, [last]).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error })
    })
  }
})

describe('two controllers at once', () => {
  test('both believe to lead: the records and the UID let one through', async (t) => {
    const { cluster, sick, others } = await sickCluster(t)
    const taps = [tapped(cluster, {}), tapped(cluster, {})]
    const a = await cluster.half('a', { api: taps[0]?.api })
    const b = await cluster.half('b', { leadership: { fencingToken: 2 }, api: taps[1]?.api })
    await replacedOnce(cluster, sick, others, [a, b])
    const deletions = taps.flatMap((one) => one.sent.filter((write) => write === `delete nodes ${sick}`))
    assert.ok(deletions.length <= 2, deletions.join('\n'))
  })

  test('the leader loses its lease between the commit and the call: it does not call, its successor does', async (t) => {
    const { cluster, sick, others } = await sickCluster(t)
    const first = tapped(cluster, {
      after: (write, call) => {
        const phase = (call.body as { status?: { phase?: string } } | undefined)?.status?.phase
        if (write.startsWith('update noderepairs/status') && phase === 'Committing') {
          a.leadership = { ...a.leadership, leading: false, until: 0 }
        }
      },
    })
    const a = await cluster.half('a', { api: first.api })
    await cluster.run(30, a)
    assert.equal((await cluster.repairs())[0]?.phase, 'Committing')
    assert.ok(!first.sent.some((write) => write.startsWith('delete nodes')))
    const b = await cluster.half('b', { leadership: { fencingToken: 2 } })
    const done = await replacedOnce(cluster, sick, others, [a, b])
    assert.equal(done.fencingToken, 2)
  })

  test('a leader with too little time left does not begin the call', async (t) => {
    const { cluster } = await sickCluster(t)
    const first = tapped(cluster, {
      after: (_write, call) => {
        const phase = (call.body as { status?: { phase?: string } } | undefined)?.status?.phase
        if (phase === 'Committing') a.leadership = { ...a.leadership, until: cluster.clock.now() + 499 }
      },
    })
    const a = await cluster.half('a', { api: first.api })
    await cluster.run(20, a)
    assert.ok(!first.sent.some((write) => write.startsWith('delete nodes')))
  })

  test('the call ends before our leadership does, and within five seconds', async (t) => {
    const property = async (leftMs: number): Promise<void> => {
      const { cluster, sick } = await sickCluster(t)
      const timeouts: (number | undefined)[] = []
      const first = tapped(cluster, {
        before: (write, call) => {
          if (write === `delete nodes ${sick}`) timeouts.push(call.timeoutMs)
        },
        after: (_write, call) => {
          const phase = (call.body as { status?: { phase?: string } } | undefined)?.status?.phase
          if (phase === 'Committing') a.leadership = { ...a.leadership, until: cluster.clock.now() + leftMs }
        },
      })
      const a = await cluster.half('a', { api: first.api })
      await cluster.run(20, a)
      assert.deepEqual(timeouts, [Math.min(leftMs, 5_000)])
    }
    await fc.assert(fc.asyncProperty(fc.integer({ min: 500, max: 30_000 }), property), { numRuns: 6 })
  })

  test('an old leader that wakes up leaves alone what its successor has taken over', async (t) => {
    const { cluster, sick, others } = await sickCluster(t)
    const a = await cluster.half('a')
    await cluster.run(6, a)
    assert.equal((await cluster.repairs())[0]?.phase, 'Draining')
    const b = await cluster.half('b', { leadership: { fencingToken: 2 } })
    await replacedOnce(cluster, sick, others, [b])
    await cluster.run(5, a)
    assert.equal((await cluster.repairs()).length, 1)
  })
})
