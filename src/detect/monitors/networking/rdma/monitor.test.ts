import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, lookAt, looksAt } from '../../testing/look-at.ts'
import { rdma } from './monitor.ts'

/** One adapter in sysfs with one port; `more` are further or other files of the port. */
function adapter(name: string, more: Readonly<Record<string, string>> = {}, layer = 'InfiniBand'): Files {
  const files = {
    state: '4: ACTIVE',
    phys_state: '5: LinkUp',
    rate: '400 Gb/sec (4X NDR)',
    link_layer: layer,
    'counters/link_downed': '3',
    'counters/symbol_error': '7',
    'counters/port_xmit_discards': 'N/A (no PMA)',
    ...more,
  }
  const number = name.replace(/^.*_/, '')
  return {
    [`sys/class/infiniband/${name}/device/vendor`]: '0x15b3\n',
    [`sys/class/infiniband_verbs/uverbs${number}/ibdev`]: `${name}\n`,
    [`dev/infiniband/uverbs${number}`]: '',
    ...Object.fromEntries(
      Object.entries(files).map(([file, text]) => [`sys/class/infiniband/${name}/ports/1/${file}`, `${text}\n`]),
    ),
  }
}
const down = { state: '1: DOWN', phys_state: '2: Polling', rate: '10 Gb/sec (4X SDR)' }
const seen = async (...states: readonly Files[]) =>
  (await looksAt(rdma, states, 60_000)).map(({ levels }) => levels.filter((level) => !level.startsWith('kept')))

describe('rdma', () => {
  it('is quiet where all is well, and has nothing to look at without adapters', async () => {
    assert.deepEqual(await seen(adapter('mlx5_0'), adapter('mlx5_0')), [[], []])
    assert.equal((await lookAt(rdma, {})).absent, 'this machine has no InfiniBand or RoCE adapter')
  })

  it('sees a port go down, and takes one without a cable as no fault', async () => {
    const other = adapter('mlx5_1', down)
    assert.deepEqual(await seen({ ...adapter('mlx5_0'), ...other }, { ...adapter('mlx5_0', down), ...other }), [
      [],
      ['over InfinibandPortDown: the port was active and is 1: DOWN (2: Polling) on mlx5_0/1'],
    ])
  })

  it('takes a RoCE port for less, and a port that left the bus as down', async () => {
    const roce = adapter('mlx5_2', {}, 'Ethernet')
    assert.deepEqual(await seen(roce, adapter('mlx5_2', down, 'Ethernet'), {}), [
      [],
      ['over RoCEPortDown: the port was active and is 1: DOWN (2: Polling) on mlx5_2/1'],
      ['over RoCEPortDown: the port was active and is gone (gone) on mlx5_2/1'],
    ])
  })

  it('sees a port that became slower', async () => {
    const slow = adapter('mlx5_0', { rate: '200 Gb/sec (2X NDR)' })
    assert.deepEqual(await seen(slow, adapter('mlx5_0'), slow), [
      [],
      [],
      ['over RDMARateReduced: 200 Gb/s; the port had 400 Gb/s on mlx5_0/1'],
    ])
  })

  it('judges every counter by what it grew by', async () => {
    const rises: readonly (readonly [string, number, string])[] = [
      ['counters/link_downed', 3, 'InfinibandLinkFlapping: the link went down 3 times in ten minutes'],
      ['counters/link_error_recovery', 6, 'RDMALinkRecovery: 6 recoveries per minute'],
      ['counters/symbol_error', 660, 'RDMASymbolErrors: 11 symbol errors per second'],
      ['counters/port_rcv_errors', 660, 'RDMAReceiveErrors: 11 receive errors per second'],
      ['counters/local_link_integrity_errors', 1, 'RDMALinkIntegrityErrors: 1 times in ten minutes'],
      ['counters/excessive_buffer_overrun_errors', 1, 'RDMABufferOverruns: 1 overruns in ten minutes'],
      ['counters/port_xmit_discards', 6_060, 'RDMATransmitDiscards: 101 packets per second could not be sent'],
      ['hw_counters/local_ack_timeout_err', 120, 'RDMAAckTimeouts: 2 time-outs per second'],
      ['hw_counters/rnr_nak_retry_err', 2, 'RDMAReceiverNotReady: 2 requests in ten minutes'],
      ['hw_counters/roce_slow_restart', 660, 'RoCESlowRestarts: 11 slow restarts per second'],
    ]
    for (const [file, rise, level] of rises) {
      const [first, second] = await seen(
        adapter('mlx5_0', { [file]: '1000' }),
        adapter('mlx5_0', { [file]: `${1_000 + rise}` }),
      )
      assert.deepEqual([first, second], [[], [`over ${level} on mlx5_0/1`]])
    }
  })

  it('asks a counter that cannot be read once: each try makes the firmware complain', async () => {
    const path = 'sys/class/infiniband/mlx5_0/ports/1/counters/symbol_error'
    const unreadable = { ...adapter('mlx5_0'), [path]: null }
    const readable = adapter('mlx5_0', { 'counters/symbol_error': '9999999' })
    assert.deepEqual(await seen(unreadable, readable, readable), [[], [], []])
  })

  it('sees a driver that is half loaded', async () => {
    const { 'dev/infiniband/uverbs0': _device, ...rest } = adapter('mlx5_0')
    assert.deepEqual(await seen(rest), [['over RDMADeviceMissing: /dev/infiniband/uverbs0 does not exist on mlx5_0']])
  })

  it('sees a card without a driver, but not one of a virtual machine', async () => {
    const card = (address: string, driver: string): Files => ({
      [`sys/bus/pci/devices/${address}/class`]: '0x020700\n',
      [`sys/bus/pci/devices/${address}/uevent`]: driver,
    })
    assert.deepEqual(await seen({ ...card('0000:41:00.0', ''), ...card('0000:42:00.0', 'DRIVER=vfio-pci\n') }), [
      ['over RDMACardWithoutDriver: no driver is bound to the InfiniBand card on 0000:41:00.0'],
    ])
  })

  it('looks at no virtual function, which is a pod’s, and at no software adapter', async () => {
    const virtual = { ...adapter('mlx5_8'), 'sys/class/infiniband/mlx5_8/device/physfn/vendor': '0x15b3\n' }
    assert.match((await lookAt(rdma, virtual)).absent ?? '', /no InfiniBand/)
    assert.match((await lookAt(rdma, { 'sys/class/infiniband/rxe0/ports/1/state': '4: ACTIVE\n' })).absent ?? '', /no /)
  })
})
