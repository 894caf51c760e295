/** Kind 7: whoever refuses an eviction is told in their own words, and holds no slot for ever. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KubeErrorCode } from '../kube/errors.ts'
import { type Context, givenCluster, phaseOf } from './testing/given-cluster.ts'
import { givenOwned, halfWith, refusedWith } from './testing/given-workload.ts'
import { quickPolicy } from './testing/test-cluster.ts'

const spec = { ...quickPolicy, drain: { timeout: '1h', blockedAfter: '10s' } }
const twelve = { ...spec, breaker: { minNodes: 0, share: '100%', rate: '100%' } }

async function given(t: Context, code: KubeErrorCode, status: number, message: string) {
  const { cluster, first, second } = await givenCluster(t, twelve, 12)
  await givenOwned(cluster, first, 'web')
  await cluster.run(3)
  const answer = { refusing: true, asked: 0 }
  const refuse = () => {
    answer.asked++
    return answer.refusing ? refusedWith(code, status, message) : undefined
  }
  const { half } = await halfWith(cluster, refuse)
  await cluster.setCondition(first, 'KernelReady', 'False')
  return { cluster, first, second, half, answer }
}

describe('kind 7', () => {
  test('an eviction that always answers 500 becomes Blocked, and the record has the words of the server', async (t) => {
    const { cluster, first, half } = await given(
      t,
      'NM_KUBE_UNAVAILABLE',
      500,
      'failed calling webhook "keep.example.com"',
    )
    const blocked = await cluster.until('it is blocked', 120, [half], phaseOf(cluster, first, 'Blocked'))
    const [blocker] = blocked.drain?.blockers ?? []
    assert.deepEqual([blocker?.pod, blocker?.kind], ['default/web', 'refused'])
    assert.match(blocker?.reason ?? '', /failed calling webhook "keep\.example\.com"/)
  })

  test('429 by a webhook, without a budget: its words are the reason, and no budget is blamed', async (t) => {
    const message = 'admission webhook "gate.example.com" denied the request: quorum would be lost'
    const { cluster, first, half } = await given(t, 'NM_KUBE_THROTTLED', 429, message)
    const blocked = await cluster.until('it is blocked', 120, [half], phaseOf(cluster, first, 'Blocked'))
    const [blocker] = blocked.drain?.blockers ?? []
    assert.deepEqual([blocker?.kind, blocker?.budgets], ['refused', []])
    assert.match(blocker?.reason ?? '', /quorum would be lost/)
  })

  test('blocked by 500, it lends its slot: the next sick node is repaired', async (t) => {
    const { cluster, first, second, half } = await given(t, 'NM_KUBE_UNAVAILABLE', 500, 'no')
    await cluster.until('it is blocked', 120, [half], phaseOf(cluster, first, 'Blocked'))
    await cluster.setCondition(second, 'KernelReady', 'False')
    await cluster.until('the next one is repaired', 90, [half], phaseOf(cluster, second, 'Succeeded'))
  })

  test('when the refuser gives way, the blocked repair goes on to its end', async (t) => {
    const { cluster, first, half, answer } = await given(t, 'NM_KUBE_UNAVAILABLE', 500, 'no')
    await cluster.until('it is blocked', 120, [half], phaseOf(cluster, first, 'Blocked'))
    answer.refusing = false
    await cluster.until('it is repaired', 90, [half], phaseOf(cluster, first, 'Succeeded'))
  })

  test('words of a refuser are cut, and hold no character that a terminal obeys', async (t) => {
    const { cluster, first, half } = await given(
      t,
      'NM_KUBE_FORBIDDEN',
      403,
      `\u001b[2J\nno\u202e ${'x'.repeat(9_000)}`,
    )
    const blocked = await cluster.until('it is blocked', 120, [half], phaseOf(cluster, first, 'Blocked'))
    const reason = blocked.drain?.blockers[0]?.reason ?? ''
    assert.match(reason, /no\s+x+…$/)
    assert.ok(reason.length < 600 && !/\p{C}/u.test(reason), `${reason.length}`)
  })

  test('a server that refuses for two minutes is asked with a back-off, not every second', async (t) => {
    const { cluster, first, half, answer } = await given(t, 'NM_KUBE_UNAVAILABLE', 503, 'later')
    await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
    answer.asked = 0
    await cluster.run(120, half)
    assert.ok(answer.asked > 5 && answer.asked < 20, `asked ${answer.asked} times`)
  })

  test('a server that is busy for a moment is not taken for a refuser', async (t) => {
    const { cluster, first, half, answer } = await given(t, 'NM_KUBE_THROTTLED', 429, 'too many requests')
    await cluster.until('the drain begins', 30, [half], phaseOf(cluster, first, 'Draining'))
    await cluster.run(8, half)
    assert.deepEqual((await cluster.repairs())[0]?.drain?.blockers, [])
    answer.refusing = false
    await cluster.until('it is repaired', 90, [half], phaseOf(cluster, first, 'Succeeded'))
  })
})
