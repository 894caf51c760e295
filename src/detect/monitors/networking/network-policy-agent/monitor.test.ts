import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { networkPolicyAgent } from './monitor.ts'

const installed = { 'usr/lib/systemd/system/aws-network-policy-agent.service': '' }
const cgroup = 'aws-network-policy-agent.service/cgroup.procs'

describe('network-policy-agent', () => {
  it('is absent where systemd does not run it', async () => {
    const { absent } = await lookAt(networkPolicyAgent, { 'usr/lib/systemd/system/kubelet.service': '' })
    assert.equal(absent, 'systemd runs no network policy agent on this machine')
  })

  it('is missed while its unit has no process, with either version of cgroups and in any slice', async () => {
    assert.deepEqual((await lookAt(networkPolicyAgent, installed)).levels, [
      'over NPANotRunning: aws-network-policy-agent.service is installed and has no process',
    ])
    for (const slice of [
      'sys/fs/cgroup/system.slice',
      'sys/fs/cgroup/runtime.slice',
      'sys/fs/cgroup/systemd/system.slice',
    ])
      assert.deepEqual((await lookAt(networkPolicyAgent, { ...installed, [`${slice}/${cgroup}`]: '77\n' })).levels, [])
  })
})
