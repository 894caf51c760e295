/** L4: by which signs it is known whether Karpenter repairs its nodes itself; what cannot be told is never a no. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Api } from '../../kube/api.ts'
import { limitedTo } from '../../kube/testing/limited-api.ts'
import { SteppedClock } from '../../telemetry/clock.ts'
import { type Deployment, KarpenterRepair, repairingOf } from './karpenter-repair.ts'

function deployment(container: object): Deployment {
  const metadata = { name: 'karpenter', namespace: 'kube-system' }
  return { metadata, spec: { template: { spec: { containers: [container] } } } }
}

const gates = (value: string) => ({ env: [{ name: 'FEATURE_GATES', value }] })

describe('L4: the feature gate NodeRepair', () => {
  for (const [container, sign] of [
    [
      gates('SpotToSpotConsolidation=false,NodeRepair=true'),
      'FEATURE_GATES=SpotToSpotConsolidation=false,NodeRepair=true',
    ],
    [{ args: ['--feature-gates=NodeRepair=true'] }, 'argument --feature-gates=NodeRepair=true'],
    [{ args: ['--feature-gates', 'NodeRepair=true'] }, 'argument --feature-gates=NodeRepair=true'],
    [{ command: ['/karpenter', '--feature-gates=NodeRepair=true'] }, 'argument --feature-gates=NodeRepair=true'],
  ] as const) {
    test(`is on: ${JSON.stringify(container)}`, () => {
      const found = repairingOf([deployment({}), deployment(container)])
      assert.deepEqual(found, { state: 'on', sign: `Deployment kube-system/karpenter: ${sign}` })
    })
  }

  test('is off where it says so, and where a Deployment says nothing: that is its default', () => {
    for (const container of [gates('NodeRepair=false'), gates('ReservedCapacity=true'), {}]) {
      assert.deepEqual(repairingOf([deployment(container)]), { state: 'off' })
    }
  })

  test('cannot be told where it comes from an object that is not read', () => {
    for (const container of [{ env: [{ name: 'FEATURE_GATES', valueFrom: {} }] }, { envFrom: [{}] }]) {
      const found = repairingOf([deployment({}), deployment(container)])
      assert.equal(found.state, 'unknown', JSON.stringify(container))
    }
  })

  test('cannot be told of a Karpenter that no Deployment here runs', () => {
    const found = repairingOf([])
    assert.ok(found.state === 'unknown')
    assert.match(found.why, /runs outside this cluster/)
    assert.match(found.change, /--karpenter-node-repair/)
  })
})

describe('L4: what is not read is unknown', () => {
  const found: Api = {
    server: 'none',
    close: () => undefined,
    request: async <T>() => ({ items: [deployment(gates('NodeRepair=false'))] }) as T, // a list of Deployments
    stream: () => assert.fail('nothing is watched'),
  }

  test('without the right to list Deployments; a minute after the grant it is known', async () => {
    const clock = new SteppedClock()
    let granted = false
    const why = 'test'
    const right = { group: 'apps', resource: 'deployments', verbs: ['list'], why } as const
    const limited = limitedTo(found, () => (granted ? [right] : []))
    const karpenter = new KarpenterRepair(limited.api, clock, 'nodemend rbac controller')
    assert.match(karpenter.repairers()[0]?.why ?? '', /^cannot tell .*: nobody has looked yet/)
    await karpenter.poll()
    const [answer] = karpenter.repairers()
    assert.equal(answer?.label, 'karpenter.sh/nodepool')
    assert.match(
      answer?.why ?? '',
      /^cannot tell whether Karpenter repairs its nodes itself: its Deployment may not be read/,
    )
    assert.match(
      answer?.unsure ?? '',
      /grant verb "list" on resource "deployments" \(apiGroup "apps"\): nodemend rbac controller/,
    )
    granted = true
    await clock.advance(60_000)
    await karpenter.poll()
    assert.deepEqual(karpenter.repairers(), [])
  })

  test('a person may say it, and then nothing is asked', async () => {
    const limited = limitedTo(found, () => [])
    const on = new KarpenterRepair(limited.api, new SteppedClock(), 'remedy', 'on')
    const off = new KarpenterRepair(limited.api, new SteppedClock(), 'remedy', 'off')
    for (const one of [on, off]) await one.poll()
    assert.deepEqual(limited.refused, [])
    assert.deepEqual(off.repairers(), [])
    assert.equal(on.repairers()[0]?.unsure, undefined)
    assert.match(on.repairers()[0]?.why ?? '', /--karpenter-node-repair says so/)
  })
})
