import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeGroupLabel } from '../embedded/model/node-group.ts'
import type { Api } from '../kube/api.ts'
import { poolLabels, providerNames } from '../model/repair.ts'
import { SteppedClock } from '../telemetry/clock.ts'
import { providersNamed } from './providers.ts'

function never(): never {
  throw new Error('whether it owns a node, a provider knows from the node alone')
}
const silent: Api = { server: 'none', close: () => undefined, request: never, stream: never }

describe('every provider knows its nodes by its pool label alone', () => {
  for (const name of providerNames) {
    test(name, () => {
      const [provider] = providersNamed([name], { api: silent, clock: new SteppedClock() })
      assert.equal(provider?.name, name)
      for (const other of providerNames) {
        assert.equal(provider?.owns({ labels: { [poolLabels[other]]: 'pool' } }), other === name, poolLabels[other])
      }
      assert.equal(provider?.owns({ labels: {} }), false)
    })
  }
})

test('the modelled groups carry the label that their provider looks for', () => {
  assert.equal(nodeGroupLabel, poolLabels.embedded)
})
