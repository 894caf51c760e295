import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { chooseNode, type DrillNode, usualLimits } from './choose-node.ts'

const well = [
  { type: 'Ready', status: 'True', reason: 'KubeletReady' },
  { type: 'KernelReady', status: 'True', reason: 'KernelIsReady' },
]
const zone = usualLimits.domainLabel
const node = (name: string, over: Partial<DrillNode> = {}): DrillNode => ({
  name,
  labels: {},
  deleting: false,
  unschedulable: false,
  taints: [],
  conditions: well,
  ...over,
})
const refusal = (...args: Parameters<typeof chooseNode>): string => {
  const choice = chooseNode(...args)
  return 'refused' in choice ? choice.refused : assert.fail(`chosen: ${choice.node}`)
}

describe('the node of a drill', () => {
  it('is the first by name that is well, and no control-plane node', () => {
    const labels = { 'node-role.kubernetes.io/control-plane': '' }
    assert.deepEqual(chooseNode([node('c'), node('b'), node('a', { labels })], [], undefined), { node: 'b' })
    assert.deepEqual(chooseNode([node('a', { labels })], [], 'a'), { node: 'a' })
  })

  it('is none of which nothing could be learned, or which somebody works on', () => {
    const sick = { type: 'StorageReady', status: 'False', reason: 'DiskFull' }
    const cases: readonly (readonly [Partial<DrillNode>, RegExp])[] = [
      [{ deleting: true }, /being deleted/],
      [{ unschedulable: true }, /cordoned/],
      [{ taints: [{ key: 'nodemend.dev/repairing' }] }, /being repaired/],
      [{ conditions: [] }, /Ready is not reported/],
      [{ conditions: well.slice(0, 1) }, /no agent reports/],
      [{ conditions: [...well, sick] }, /StorageReady is False already \(DiskFull\)/],
    ]
    for (const [over, why] of cases) assert.match(refusal([node('a', over)], [], 'a'), why)
    assert.match(refusal([node('a')], [], 'b'), /no node is called b/)
    assert.match(refusal([], [], undefined), /there is none/)
  })

  it('is the same one again while its own drill is open', () => {
    assert.deepEqual(chooseNode([node('a')], ['a'], 'a'), { node: 'a' })
  })

  it('leaves every failure domain with at most as many nodes under drill as it may have', () => {
    const domain = fc.constantFrom('a', 'b', 'c', undefined)
    const domains = fc.array(domain, { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(domains, fc.array(fc.nat(11)), fc.integer({ min: 1, max: 3 }), (zones, open, perDomain) => {
        const nodes = zones.map((one, index) => node(`n${index}`, { labels: one === undefined ? {} : { [zone]: one } }))
        const drilled = [...new Set(open.flatMap((index) => nodes[index]?.name ?? []))]
        const choice = chooseNode(nodes, drilled, undefined, { ...usualLimits, perDomain })
        const under = new Set('node' in choice ? [...drilled, choice.node] : drilled)
        const chosen = 'node' in choice ? nodes.find(({ name }) => name === choice.node)?.labels[zone] : undefined
        const beside = nodes.filter(({ name, labels }) => under.has(name) && labels[zone] === chosen).length
        if ('node' in choice && !drilled.includes(choice.node)) assert.ok(beside <= perDomain)
      }),
    )
  })
})
