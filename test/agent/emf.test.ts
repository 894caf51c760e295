/** `--emf`: lines from which CloudWatch makes metrics; none without it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionTypes } from '../../src/model/condition.ts'
import { AgentRig } from './rig.ts'

interface EmfLine extends Readonly<Record<string, unknown>> {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
    }[]
  }
}

const minute = 60_000

function emfLines(rig: AgentRig): EmfLine[] {
  return rig.logged().filter((line): line is EmfLine => '_aws' in line)
}

test('a line a minute has the dimensions of Container Insights and the conditions of the node', async () => {
  const rig = new AgentRig()
  rig.file('sys/devices/virtual/dmi/id/board_asset_tag', 'i-0123456789abcdef0\n')
  await rig.start({ emf: 'prod' })
  rig.log('NVRM: Xid (PCI:0000:3b:00): 79, pid=1, name=train, GPU has fallen off the bus.')
  await rig.pass(3 * minute)
  const lines = emfLines(rig)
  assert.equal(lines.length, 4)
  const last = lines.at(-1)
  assert.ok(last)
  const [directive] = last._aws.CloudWatchMetrics
  assert.equal(directive?.Namespace, 'ContainerInsights')
  assert.deepEqual(directive?.Dimensions, [['ClusterName', 'NodeName', 'InstanceId'], ['ClusterName']])
  for (const name of directive?.Dimensions.flat() ?? []) assert.equal(typeof last[name], 'string', name)
  for (const { Name } of directive?.Metrics ?? []) assert.equal(typeof last[Name], 'number', Name)
  assert.ok(Math.abs(last._aws.Timestamp - rig.clock.now()) <= minute)
  const conditions = conditionTypes.map((type) => last[`nodemend_${type}_false`])
  assert.deepEqual(conditions, [0, 0, 0, 0, 1])
  assert.equal(last.nodemend_findings_fatal, 1)
  assert.equal(lines[0]?.nodemend_findings_fatal, 0)
  await rig.stop()
  await rig.clock.advance(5 * minute)
  assert.equal(emfLines(rig).length, 4, 'a stopped agent writes no more')
  await rig.end()
})

test('a machine that is no Nitro instance has no InstanceId, and no dimension without a value', async () => {
  const rig = new AgentRig()
  rig.file('sys/devices/virtual/dmi/id/board_asset_tag', 'Not Specified\n')
  await rig.start({ emf: 'lab' })
  const [line] = emfLines(rig)
  assert.deepEqual(line?._aws.CloudWatchMetrics[0]?.Dimensions, [['ClusterName', 'NodeName'], ['ClusterName']])
  assert.equal(line?.InstanceId, undefined)
  await rig.end()
})

test('without the flag there is no such line', async () => {
  const rig = new AgentRig()
  await rig.start()
  await rig.pass(3 * minute)
  assert.deepEqual(emfLines(rig), [])
  await rig.end()
})
