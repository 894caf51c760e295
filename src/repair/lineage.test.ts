/** A fault that comes back on each new machine: the ladder ends, whichever Node object is sick. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { givenCluster } from './testing/given-cluster.ts'

/** Proven a moment before the fault came back, or not: it did not help. */
const isOver = ({ phase }: { readonly phase: string }): boolean => phase === 'Failed' || phase === 'Succeeded'

test('each new node reports the same fault within its dwell: after three machines a person is needed', async (t) => {
  const { cluster, first } = await givenCluster(t)
  const half = await cluster.half('a')
  const seen = new Set((await cluster.nodes()).map((one) => one.metadata.uid))
  await cluster.setCondition(first, 'KernelReady', 'False')
  const sickAgain = async (): Promise<true | undefined> => {
    const repairs = await cluster.repairs()
    for (const { phase, nodeName, successor } of repairs) {
      if (phase === 'Dwelling' && successor) await cluster.setCondition(successor.name, 'KernelReady', 'False')
      if (phase === 'Pending') await cluster.setCondition(nodeName, 'KernelReady', 'False') // its agent asserts it
    }
    return repairs.filter(isOver).length === 3 ? true : undefined
  }
  await cluster.until('three machines did not help', 3_000, [half], sickAgain)
  await cluster.run(1_800, half)
  const fresh = (await cluster.nodes()).filter((one) => !seen.has(one.metadata.uid))
  const repairs = await cluster.repairs()
  assert.equal(repairs.filter(isOver).length, 3)
  assert.equal(fresh.length, 1, 'one new machine stands in the place of the first, and no other was taken')
  const waiting = repairs.find((one) => one.phase === 'Pending')
  const gate = waiting?.decision?.gates.find((one) => one.gate === 'attempts')
  assert.equal(waiting?.nodeName, fresh[0]?.metadata.name)
  assert.match(gate?.why ?? '', /^needs a human: 3 attempts did not help within 24 h \(Replace\)/)
})
