import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, lookAt } from '../../testing/look-at.ts'
import { macPolicy } from './monitor.ts'

const file = '/usr/lib/systemd/network/99-default.link'
const link = (policy: string): string => `[Match]\nOriginalName=*\n\n[Link]\nNamePolicy=keep kernel\n${policy}`

/** A node of the VPC CNI with a pod, whose interface udev set up by these files. */
function node(files: Files, udev = `E:ID_NET_LINK_FILE=${file}\n`): Files {
  return {
    'var/log/pods/kube-system_aws-node-x7f2p_1/aws-node/0.log': '',
    'sys/class/net/eni3f1a2b4c5d6/ifindex': '7\n',
    'run/udev/data/n7': `I:123\nE:ID_NET_DRIVER=veth\n${udev}G:systemd\n`,
    ...files,
  }
}
const levels = async (files: Files) => (await lookAt(macPolicy, files)).levels

describe('mac-policy', () => {
  it('sees a policy that changes the addresses of pods', async () => {
    assert.deepEqual(await levels(node({ [file.slice(1)]: link('MACAddressPolicy=persistent\n') })), [
      `over MACAddressPolicyMisconfigured: ${file} says MACAddressPolicy=persistent for pods, it must be none`,
    ])
  })

  it('is content with none, with nothing, and with the last word', async () => {
    for (const policy of [
      'MACAddressPolicy=none\n',
      'MACAddressPolicy=\n',
      '',
      'MACAddressPolicy=random\n MACAddressPolicy = none\n',
    ])
      assert.deepEqual(await levels(node({ [file.slice(1)]: link(policy) })), [], policy)
  })

  it('heeds extensions of the file', async () => {
    const extension = 'etc/systemd/network/99-default.link.d/eks.conf'
    const udev = `E:ID_NET_LINK_FILE=${file}\nE:ID_NET_LINK_FILE_DROPINS=/${extension}\n`
    const files = {
      [file.slice(1)]: link('MACAddressPolicy=persistent\n'),
      [extension]: '[Link]\nMACAddressPolicy=none\n',
    }
    assert.deepEqual(await levels(node(files, udev)), [])
  })

  it('says nothing where udev set up nothing, and is absent without the CNI', async () => {
    assert.deepEqual(await levels(node({ [file.slice(1)]: link('MACAddressPolicy=persistent\n') }, '')), [])
    assert.match((await lookAt(macPolicy, {})).absent ?? '', /Amazon VPC CNI/)
  })
})
