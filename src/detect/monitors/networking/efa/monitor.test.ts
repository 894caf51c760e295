import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, lookAt, looksAt } from '../../testing/look-at.ts'
import { efa } from './monitor.ts'

const minute = 60_000

/** An adapter that has been in use for long; `more` are counters of port and device. */
function adapter(alive: number, more: Readonly<Record<string, number>> = {}): Files {
  const counters = { 'ports/1/hw_counters/rx_drops': 5_000, 'hw_counters/no_completion_cmds': 0, ...more }
  const folder = 'sys/class/infiniband/rdmap0s6'
  return {
    [`${folder}/device/vendor`]: '0x1d0f\n',
    [`${folder}/device/device`]: '0xefa2\n',
    [`${folder}/ports/1/state`]: '4: ACTIVE\n',
    [`${folder}/hw_counters/keep_alive_rcvd`]: `${alive}\n`,
    ...Object.fromEntries(Object.entries(counters).map(([file, count]) => [`${folder}/${file}`, `${count}\n`])),
  }
}
const seen = async (...states: readonly Files[]) =>
  (await looksAt(efa, states, minute)).map(({ levels }) => levels.filter((level) => !level.startsWith('kept')))

describe('efa', () => {
  it('takes what was counted before the agent started as no error', async () => {
    assert.deepEqual(await seen(adapter(100), adapter(160)), [[], []])
    assert.equal((await lookAt(efa, {})).absent, 'this machine has no Elastic Fabric Adapter')
  })

  it('judges every counter by what it grew by', async () => {
    const port = 'ports/1/hw_counters'
    const rises: readonly (readonly [string, number, string])[] = [
      ...['rdma_read_wr_err', 'rdma_write_wr_err', 'unresponsive_remote_events', 'impaired_remote_conn_events'].map(
        (file) => [`${port}/${file}`, 101, `EFAErrorMetric: ${file} rose by 101 in ten minutes on rdmap0s6/1`] as const,
      ),
      [
        `${port}/retrans_bytes`,
        1.2e8,
        'EFARetransmits: retransmits are at 200 % of what a busy port has on rdmap0s6/1',
      ],
      [
        `${port}/retrans_pkts`,
        90_000,
        'EFARetransmits: retransmits are at 150 % of what a busy port has on rdmap0s6/1',
      ],
      [
        `${port}/retrans_timeout_events`,
        6_600,
        'EFARetransmits: retransmits are at 110 % of what a busy port has on rdmap0s6/1',
      ],
      ['hw_counters/no_completion_cmds', 1, 'EFACommandsLost: 1 commands of ten minutes have no answer on rdmap0s6'],
      ['hw_counters/cmds_err', 21, 'EFACommandsFailed: 21 commands were refused in ten minutes on rdmap0s6'],
    ]
    for (const [file, rise, level] of rises)
      assert.deepEqual(await seen(adapter(1, { [file]: 50 }), adapter(61, { [file]: 50 + rise })), [
        [],
        [`over ${level}`],
      ])
  })

  it('sees that the device gives no sign of life any more', async () => {
    const states = [100, 100, 100].map((alive) => adapter(alive))
    assert.deepEqual(await seen(...states), [
      [],
      [],
      ['over EFASilent: keep_alive_rcvd does not rise any more on rdmap0s6'],
    ])
    assert.deepEqual(await seen(adapter(100), adapter(100), adapter(160)), [[], [], []])
  })
})
