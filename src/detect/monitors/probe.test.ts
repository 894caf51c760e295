/** Tests what the probe driver does for every probe. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { levelsOf } from './limits.ts'
import { probeMonitor } from './probe.ts'
import { lookAt } from './testing/look-at.ts'

const spec = (look: () => never | { readonly sample: number }) =>
  probeMonitor<number, 'figure'>({
    name: 'figures',
    conditions: ['KernelReady'],
    everyMs: 10_000,
    values: { figure: { unit: 'count', help: 'A figure.', gaugeOnly: true } },
    look,
    judge: (amount) => {
      if (amount < 0) throw new RangeError('negative')
      return [{ value: 'figure', amount, device: 'sda' }]
    },
  })

describe('the probe driver', () => {
  it('treats an exception of a look or judgement as a failed look', async () => {
    const broken = spec(() => {
      throw new TypeError('no such thing')
    })
    assert.deepEqual((await lookAt(broken, {})).why, 'no such thing')
    assert.deepEqual(
      (
        await lookAt(
          spec(() => ({ sample: -1 })),
          {},
        )
      ).why,
      'negative',
    )
  })

  it('takes an amount that cannot be for a failed look', async () => {
    for (const amount of [Number.NaN, Number.POSITIVE_INFINITY])
      assert.match(
        (
          await lookAt(
            spec(() => ({ sample: amount })),
            {},
          )
        ).why ?? '',
        /^figure cannot be/,
      )
  })

  it('exposes each value by device', async () => {
    const { gauges } = await lookAt(
      spec(() => ({ sample: 7 })),
      {},
    )
    assert.deepEqual(gauges, ['nodemend_figures_figure{device="sda"} 7'])
  })
})

describe('a limit', () => {
  const lifecycle = { raise: { count: 1, withinMs: 0 }, holdMs: 0, clearedByBoot: true }
  const base = {
    condition: 'KernelReady',
    severity: 'warning',
    scope: 'hardware',
    family: 'x',
    lifecycle,
    repair: 'NoAction',
  } as const

  it('never puts a value over its limit and clears it at once, on either side', () => {
    const side = fc.constantFrom('above' as const, 'below' as const)
    fc.assert(
      fc.property(side, fc.integer(), fc.nat(1_000), fc.integer(), (of, limit, gap, amount) => {
        const clear = of === 'above' ? limit - gap : limit + gap
        const probe = { monitor: 'm', value: 'v', side: of, limit, clear, message: '{value}' }
        const levels = levelsOf([{ value: 'v', amount }], [{ ...base, reason: 'Reason', probe }], {})
        const doubt = levelsOf([{ value: 'v', amount, tentative: true }], [{ ...base, reason: 'Reason', probe }], {})
        const beyond = of === 'above' ? amount > limit : amount < limit
        const behind = of === 'above' ? amount <= clear : amount >= clear
        assert.equal(levels.length, behind ? 0 : 1)
        assert.deepEqual(
          doubt.map(({ state }) => state),
          [beyond ? 'over' : 'kept'],
          'a tentative amount ends nothing',
        )
        if (!behind) assert.equal(levels[0]?.state, beyond ? 'over' : 'held')
      }),
    )
  })
})
