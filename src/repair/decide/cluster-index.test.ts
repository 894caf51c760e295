import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { providerKinds, providerNames } from '../../providers/providers.ts'
import { givenCondition, givenNode, givenPolicy, givenSnapshot, hour, noon } from '../testing/given.ts'
import { decide } from './decide.ts'

describe('the pools of each provider are counted apart', () => {
  for (const name of providerNames) {
    test(name, () => {
      const label = providerKinds[name].poolLabel
      const sick = givenCondition('KernelReady', 'False', { seenAt: noon })
      const pool = (value: string, count: number, ill: number) =>
        Array.from({ length: count }, (_, index) =>
          givenNode(`${value}-${index}`, { labels: { [label]: value } }, ...(index < ill ? [sick] : [])),
        )
      const nodes = [...pool('ill', 10, 10), ...pool('well', 10, 1)]
      const decisions = decide(givenSnapshot({ nodes }), [givenPolicy()], [], noon + hour)
      const answer = decisions.find((one) => one.node === 'well-0')?.gates.find((one) => one.gate === 'breaker')
      assert.equal(answer?.why, `1 of 10 nodes of ${label}=well are sick, the limit is 2`)
    })
  }
})
