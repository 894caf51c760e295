import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { nodeGroupLabel } from '../embedded/model/node-group.ts'
import type { Api } from '../kube/api.ts'
import { SteppedClock } from '../telemetry/clock.ts'
import { poolLabels, poolsOf, providerKinds, providerNames, providersNamed } from './providers.ts'

function never(): never {
  throw new Error('whether it owns a node, a provider knows from the node alone')
}
const silent: Api = { server: 'none', close: () => undefined, request: never, stream: never }

describe('every provider knows its nodes by its pool label alone, without settings and without a call', () => {
  for (const name of providerNames) {
    test(name, () => {
      const [provider] = providersNamed([name], { api: silent, clock: new SteppedClock() })
      assert.equal(provider?.name, name)
      for (const other of providerNames) {
        const pool = provider?.poolOf({ labels: { [providerKinds[other].poolLabel]: 'gpu' } })
        assert.equal(pool, other === name ? 'gpu' : undefined, other)
      }
      assert.equal(provider?.poolOf({ labels: {} }), undefined)
    })
  }
})

test('a node in two pools says so, in the order of the providers, with what each can do', () => {
  const providers = providersNamed(['embedded', 'karpenter'], { api: silent, clock: new SteppedClock() })
  const labels = Object.fromEntries(poolLabels.map((label) => [label, 'gpu']))
  assert.deepEqual(poolsOf({ labels }, providers), [
    { provider: 'embedded', pool: 'gpu', can: ['Reboot', 'Replace'] },
    { provider: 'karpenter', pool: 'gpu', can: ['Replace'] },
  ])
})

test('no two providers know their nodes by the same label, and the modelled groups carry theirs', () => {
  assert.equal(new Set(poolLabels).size, providerNames.length)
  assert.equal(nodeGroupLabel, providerKinds.embedded.poolLabel)
})

test('every provider passes the contract suite', () => {
  const missing = providerNames.filter((name) => !existsSync(join(import.meta.dirname, name, 'contract.test.ts')))
  assert.deepEqual(missing, [])
})
