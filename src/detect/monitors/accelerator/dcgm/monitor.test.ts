import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../../../telemetry/clock.ts'
import type { ChildOutcome } from '../../../host/children.ts'
import { type Answer, type Loopback, systemLoopback } from '../../../host/network.ts'
import { ScriptedChildren } from '../../../host/testing/scripted-children.ts'
import { type Files, lookAt } from '../../testing/look-at.ts'
import { incidentsIn } from './dcgmi.ts'
import { healthIn, remapsIn, samplesOf } from './exporter.ts'
import { dcgm } from './monitor.ts'

const machine: Files = { 'sys/bus/pci/drivers/nvidia/0000:1b:00.0/vendor': '0x10de\n' }

const labels =
  'gpu="0",UUID="GPU-1",pci_bus_id="00000000:1B:00.0",device="nvidia0",modelName="NVIDIA H100",Hostname="n\\"1"'
const health = (watch: string, code: string, value: number): string =>
  `DCGM_EXP_GPU_HEALTH_STATUS{${labels},health_watch="${watch}",health_error_code="${code}"} ${value}`
const passed = health('PCIE', 'DCGM_FR_OK', 0)
const page = (...lines: readonly string[]): string =>
  [
    'HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n# HELP DCGM_FI_DEV_GPU_TEMP GPU temperature (in C).',
    '# TYPE DCGM_FI_DEV_GPU_TEMP gauge',
    `DCGM_FI_DEV_GPU_TEMP{${labels}} 41`,
    `DCGM_FI_DEV_XID_ERRORS{${labels},err_code="31",err_msg="x"} 31`,
    ...lines,
    '',
  ].join('\n')

/** One look at a machine whose exporter answers like this, and whose dcgmi ends like that. */
async function look(exporter: Answer | string, dcgmi: ChildOutcome = { kind: 'absent' }, files: Files = machine) {
  const children = new ScriptedChildren()
  children.answers.set('dcgmi', dcgmi)
  const answer = typeof exporter === 'string' ? { bytes: Buffer.from(exporter) } : exporter
  const loopback: Loopback = { ask: () => Promise.resolve(answer) }
  return lookAt(dcgm, files, { children, loopback })
}
const ended = (output: string): ChildOutcome => ({ kind: 'ended', status: 0, output, errors: '' })

describe('dcgm: the exporter', () => {
  it('is quiet where every check passed', async () => {
    const { levels, state } = await look(page(passed))
    assert.deepEqual([state, levels], ['checked', []])
  })

  // The entries DCGMHealthFailed, DCGMHealthWarning and DCGMHealthNote stand for one finding per code.
  it('names a finding after its code, and weighs it by the code', async () => {
    const { levels } = await look(
      page(
        passed,
        health('MEM', 'DCGM_FR_ROW_REMAP_FAILURE', 20),
        health('PCIE', 'DCGM_FR_PCI_REPLAY_RATE', 20),
        health('THERMAL', 'DCGM_FR_CLOCKS_EVENT_THERMAL', 10),
        health('SM', 'DCGM_FR_XID_ERROR', 20),
        health('DRIVER', 'DCGM_FR_OF_TOMORROW', 20),
      ),
    )
    assert.deepEqual(levels, [
      'over DCGMHealthCode80: DCGM: MEM: DCGM_FR_ROW_REMAP_FAILURE on 0000:1b:00.0',
      'over DCGMHealthCode3: DCGM: PCIE: DCGM_FR_PCI_REPLAY_RATE on 0000:1b:00.0',
      'over DCGMHealthWarning: DCGM: DRIVER: DCGM_FR_OF_TOMORROW on 0000:1b:00.0',
      'over DCGMHealthCode10: DCGM: THERMAL: DCGM_FR_CLOCKS_EVENT_THERMAL on 0000:1b:00.0',
      'over DCGMHealthCode101: DCGM: SM: DCGM_FR_XID_ERROR on 0000:1b:00.0',
    ])
  })

  it('is read from a real HTTP server, which sends its page in pieces', async (t) => {
    const server = createServer((_request, response) => {
      response.write(`${passed}\n`)
      setImmediate(() => response.end(`${health('MEM', 'DCGM_FR_VOLATILE_DBE_DETECTED', 20)}\n`))
    })
    t.after(() => server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { readonly port: number } // it listens on TCP
    const system = systemLoopback(systemClock)
    const loopback: Loopback = { ask: (to, ...rest) => system.ask({ ...to, address: '127.0.0.1', port }, ...rest) }
    assert.deepEqual((await lookAt(dcgm, machine, { loopback })).levels, [
      'over DCGMHealthCode4: DCGM: MEM: DCGM_FR_VOLATILE_DBE_DETECTED on 0000:1b:00.0',
    ])
  })

  it('takes a warning for no fault of the node, whatever its code', async () => {
    assert.deepEqual((await look(page(health('MEM', 'DCGM_FR_ROW_REMAP_FAILURE', 10)))).levels, [
      'over DCGMHealthCode80: DCGM: MEM: DCGM_FR_ROW_REMAP_FAILURE on 0000:1b:00.0',
    ])
  })

  it('without the health counters tells rows that wait, but no value that stands for none', async () => {
    const rows = (failure: string): string =>
      page(`DCGM_FI_DEV_ROW_REMAP_FAILURE{${labels}} ${failure}`, `DCGM_FI_DEV_ROW_REMAP_PENDING{${labels}} 1`)
    const pending = 'over DCGMHealthCode85: DCGM: MEM: DCGM_FR_PENDING_ROW_REMAP on 0000:1b:00.0'
    assert.deepEqual((await look(rows('9223372036854775794'))).levels, [pending])
    assert.deepEqual((await look(rows('1'))).levels, [
      'over DCGMHealthCode80: DCGM: MEM: DCGM_FR_ROW_REMAP_FAILURE on 0000:1b:00.0',
      pending,
    ])
  })

  it('that accepts and does not answer is told; one that is not there is no fault', async () => {
    assert.deepEqual((await look({ silent: 'did not answer within 5 s' })).levels, [
      'over DCGMError: dcgm-exporter did not answer within 5 s',
    ])
    assert.match((await look({ refused: true })).absent ?? '', /no DCGM of this machine can be asked/)
    assert.match((await look('HTTP/1.0 404 Not Found\r\n\r\n')).absent ?? '', /no DCGM/)
    assert.equal(
      (await look({ refused: true }, undefined, {})).absent,
      'no GPU of this machine is bound to the NVIDIA driver',
    )
  })
})

describe('dcgm: anything that a page or a report may hold', () => {
  it('is read without an exception', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((value) => `DCGM_EXP_GPU_HEALTH_STATUS{gpu="${value}"} 20`),
    )
    fc.assert(fc.property(text, (page) => Array.isArray([healthIn(samplesOf(page)), remapsIn(samplesOf(page))])))
    const tree = fc.letrec((tie) => ({
      node: fc.dictionary(
        fc.constantFrom('Overall Health', 'GPU', 'children', 'Errors', 'value', 'overflow', '0'),
        fc.oneof({ maxDepth: 4 }, fc.constant('Failure'), fc.jsonValue(), tie('node')),
      ),
    })).node
    fc.assert(
      fc.property(tree, (body) => incidentsIn(JSON.stringify({ body }))?.every(({ text }) => text !== '') ?? true),
    )
  })
})

describe('dcgm: dcgmi health', () => {
  const report = (errors: unknown): string =>
    JSON.stringify({
      header: ['Health Monitor Report'],
      body: {
        'Overall Health': { value: 'Failure' },
        GPU: { children: { 3: { value: 'Failure', children: { Errors: { children: errors } } } } },
      },
    })

  it('tells what it says of each GPU, as a warning: its texts have no codes', async () => {
    const errors = { 'Memory system': { value: 'Failure', overflow: ['A row remap', 'is pending.'] } }
    assert.deepEqual((await look({ refused: true }, ended(report(errors)))).levels, [
      'over DCGMHealthWarning: DCGM: Memory system A row remap is pending. on GPU 3',
    ])
  })

  it('is quiet where all is healthy, and absent where no watch is set', async () => {
    const healthy = '{"body":{"Overall Health":{"value":"Healthy"}},"header":["Health Monitor Report"]}'
    assert.deepEqual((await look({ refused: true }, ended(healthy))).levels, [])
    const none = 'Error: Health watches not enabled. Please enable watches. \n'
    assert.match((await look({ refused: true }, ended(none))).absent ?? '', /watches no health/)
  })

  it('that hangs is told, and any JSON is survived', async () => {
    const late = { kind: 'failed', why: 'dcgmi did not answer within 8 s', late: true } as const
    assert.deepEqual((await look({ refused: true }, late)).levels, ['over DCGMError: dcgmi did not answer within 8 s'])
    for (const errors of [null, 7, [], { a: null }, { a: { value: 'Failure', overflow: 7 } }, { a: 'Failure' }])
      assert.equal((await look({ refused: true }, ended(report(errors)))).state, 'checked')
    for (const text of ['', '{', '{"body":null}', '[]', '{"body":{"Overall Health":1,"GPU":"x"}}'])
      assert.equal((await look({ refused: true }, ended(text))).state, 'checked')
  })
})
