import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instance } from './cloud.ts'
import { instanceIdOf, nodegroupRefusal, powerOf, refusalOf, replacementRefusal, stageOf, stateText } from './judge.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const hour = 3_600_000
const instance = (over: Partial<Instance> = {}): Instance => ({
  id: 'i-0123456789abcdef0',
  state: 'running',
  group: 'asg',
  lifecycle: 'InService',
  failing: [],
  events: [],
  ...over,
})

test('an instance is known by the providerID of AWS, of both lengths, and by nothing else', () => {
  assert.equal(instanceIdOf('aws:///eu-west-1a/i-0123456789abcdef0'), 'i-0123456789abcdef0')
  assert.equal(instanceIdOf('aws:///us-west-2-lax-1a/i-1234abcd'), 'i-1234abcd')
  for (const other of [
    undefined,
    '',
    'embedded://a',
    'aws:///eu-west-1a/fargate-ip-10-0-0-1',
    'aws:///eu-west-1a/i-0123; rm -rf',
    'gce://p/z/i-0123456789abcdef0',
  ]) {
    assert.equal(instanceIdOf(other), undefined, other)
  }
})

test('the stage of an instance, by EC2 and by its group', () => {
  assert.equal(stageOf(instance()), 'alive')
  for (const lifecycle of ['Terminating', 'Terminating:Wait', 'Terminating:Proceed', 'Terminated']) {
    assert.equal(stageOf(instance({ lifecycle })), 'ending', lifecycle)
  }
  assert.equal(stageOf(instance({ state: 'shutting-down' })), 'ending')
  assert.equal(stageOf(instance({ state: 'terminated' })), 'ended')
  const { group: _, lifecycle: __, ...alone } = instance({ state: 'unheard' })
  assert.equal(stageOf(alone), 'ended')
  assert.equal(stageOf(instance({ state: 'unheard' })), 'alive', 'its group still has it')
})

test('only what EC2 has stopped or terminated has no power; what it does not know may run elsewhere', () => {
  const said = (state: string) => powerOf(instance({ state })).state
  assert.deepEqual(['stopped', 'terminated'].map(said), ['off', 'off'])
  for (const state of ['pending', 'running', 'stopping', 'shutting-down', 'a-new-one'])
    assert.equal(said(state), 'runs')
  assert.equal(said('unheard'), 'unknown')
})

test('only an instance that runs and is in service is touched; each other state says what would change that', () => {
  assert.equal(refusalOf(instance(), 'Replace', now), undefined)
  const { group: _, lifecycle: __, ...detached } = instance()
  for (const [over, why] of [
    [instance({ state: 'stopped' }), /is stopped/],
    [instance({ state: 'pending' }), /is pending/],
    [instance({ state: 'unheard' }), /knows no instance/],
    [instance({ lifecycle: 'Terminating:Wait' }), /being ended already \(running, Terminating:Wait\)/],
    [instance({ lifecycle: 'Standby' }), /has i-\w+ in Standby/],
    [instance({ lifecycle: 'Pending:Wait' }), /in Pending:Wait/],
    [detached, /no Auto Scaling group/],
  ] as const) {
    for (const action of ['Reboot', 'Replace'] as const) {
      const refusal = refusalOf(over, action, now)
      assert.match(refusal?.why ?? 'accepted', why)
      assert.notEqual(refusal?.change, '')
    }
  }
})

test('while EC2 works on the host nobody else does; before and after it they may', () => {
  const at = (notBefore: number, notAfter?: number) =>
    instance({ events: [{ code: 'system-reboot', notBefore, ...(notAfter !== undefined && { notAfter }) }] })
  assert.match(refusalOf(at(now - 1, now + hour), 'Replace', now)?.why ?? '', /at work on i-\w+ now \(system-reboot\)/)
  assert.match(refusalOf(at(now - hour), 'Replace', now)?.why ?? '', /at work/)
  assert.equal(refusalOf(at(now + hour, now + 2 * hour), 'Replace', now), undefined)
  assert.equal(refusalOf(at(now - 2 * hour, now - hour), 'Replace', now), undefined)
})

test('a machine that EC2 takes away is replaced, and not rebooted', () => {
  const retired = instance({ events: [{ code: 'instance-retirement', notBefore: now + 48 * hour }] })
  assert.equal(refusalOf(retired, 'Replace', now), undefined)
  const refusal = refusalOf(retired, 'Reboot', now)
  assert.match(refusal?.why ?? '', /takes i-\w+ away from 2026-03-03T12:00:00.000Z \(instance-retirement\)/)
})

test('without a group, or with Launch suspended, nothing would take its place', () => {
  const group = { name: 'asg', desired: 1, max: 1, instances: [], suspended: [] }
  assert.equal(replacementRefusal(group, 'asg'), undefined)
  assert.match(replacementRefusal(undefined, 'asg')?.why ?? '', /no Auto Scaling group asg/)
  const suspended = replacementRefusal({ ...group, suspended: ['AZRebalance', 'Launch'] }, 'asg')
  assert.match(suspended?.change ?? '', /aws autoscaling resume-processes/)
})

const nodegroup = { status: 'ACTIVE', issues: [], repairs: false, limits: 'off' }

test('where EKS repairs the group itself, its limits are named', () => {
  assert.equal(nodegroupRefusal('gpu', nodegroup, 'Replace'), undefined)
  const limits = 'on; stops above 3 unhealthy; 1 at a time; NvidiaXID31Error NoAction after 15m'
  for (const action of ['Reboot', 'Replace'] as const) {
    const { why } = nodegroupRefusal('gpu', { ...nodegroup, repairs: true, limits }, action) ?? { why: '' }
    assert.match(why, /EKS repairs node group gpu itself.*XID31Error NoAction/)
  }
})

test('while EKS changes the group, nothing is done to its nodes', () => {
  for (const status of ['CREATING', 'UPDATING', 'DELETING', 'CREATE_FAILED', 'DELETE_FAILED', '']) {
    for (const action of ['Reboot', 'Replace'] as const) {
      assert.match(nodegroupRefusal('gpu', { ...nodegroup, status }, action)?.why ?? '', /EKS has node group gpu in /)
    }
  }
})

test('a group that cannot start machines loses none to a replacement; a reboot needs no new one', () => {
  const sick = { ...nodegroup, status: 'DEGRADED', issues: ['AsgInstanceLaunchFailures: no capacity'] }
  assert.match(nodegroupRefusal('gpu', sick, 'Replace')?.why ?? '', /AsgInstanceLaunchFailures: no capacity/)
  assert.equal(nodegroupRefusal('gpu', sick, 'Reboot'), undefined)
  assert.equal(nodegroupRefusal('gpu', { ...sick, issues: [] }, 'Replace'), undefined)
})

test('the second witness says state, failing checks and what is planned', () => {
  assert.equal(stateText(instance()), 'running')
  const sick = instance({ failing: ['system', 'EBS'], events: [{ code: 'system-maintenance', notBefore: now }] })
  assert.equal(
    stateText(sick),
    'running, failing status checks: system, EBS, system-maintenance at 2026-03-01T12:00:00.000Z',
  )
})
