import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { sysctls } from './monitor.ts'

const node = { 'var/lib/kubelet/config.yaml': '' }
const forward = (value: string) => ({ ...node, 'proc/sys/net/ipv4/ip_forward': value })

describe('sysctls', () => {
  it('sees that packets are not passed on', async () => {
    assert.deepEqual((await lookAt(sysctls, forward('0\n'))).levels, [
      'over NetworkSysctl: net.ipv4.ip_forward is 0, so packets of pods are not passed on',
    ])
    assert.deepEqual((await lookAt(sysctls, forward('1\n'))).levels, [])
  })

  it('asks it of nodes alone, and only of IPv4', async () => {
    const { 'var/lib/kubelet/config.yaml': _kubelet, ...bare } = forward('0\n')
    assert.match((await lookAt(sysctls, bare)).absent ?? '', /kubelet/)
    assert.match((await lookAt(sysctls, node)).absent ?? '', /no IPv4/)
  })
})
