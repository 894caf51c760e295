import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Answer } from '../../../host/network.ts'
import { lookAt } from '../../testing/look-at.ts'
import { ipamd } from './monitor.ts'

const pod = { 'var/log/pods/kube-system_aws-node-x7f2p_6d1c/aws-vpc-cni-init/0.log': '' }
const answered = (answer: Answer) => lookAt(ipamd, pod, { loopback: { ask: () => Promise.resolve(answer) } })

describe('ipamd', () => {
  it('sees that nothing listens, and that it hangs', async () => {
    assert.deepEqual((await answered({ refused: true })).levels, [
      'over IPAMDNotRunning: the address manager cannot be reached: nothing listens on 127.0.0.1:50051',
    ])
    assert.deepEqual((await answered({ silent: 'did not answer within 5 s' })).levels, [
      'over IPAMDNotRunning: the address manager cannot be reached: 127.0.0.1:50051 did not answer within 5 s',
    ])
    assert.deepEqual((await answered({ bytes: Buffer.alloc(0) })).levels, [])
  })

  it('is looked for where systemd runs it, too (EKS Auto Mode)', async () => {
    const loopback = { ask: () => Promise.resolve({ refused: true } as const) }
    const { levels } = await lookAt(ipamd, { 'usr/lib/systemd/system/ipamd.service': '' }, { loopback })
    assert.match(levels.join('\n'), /^over IPAMDNotRunning/)
  })

  it('is absent where the Amazon VPC CNI is not installed, and on a saved copy', async () => {
    const other = { 'var/log/pods/shop_aws-node-copy_1/main/0.log': '' }
    assert.match((await lookAt(ipamd, other)).absent ?? '', /Amazon VPC CNI/)
    assert.match((await lookAt(ipamd, pod)).absent ?? '', /saved copy/)
  })
})
