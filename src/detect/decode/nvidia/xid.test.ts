import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadTables } from '../../../catalog/tables.ts'
import { decodeXid } from './xid.ts'
import { readXidLine } from './xid-line.ts'

const folder = join(import.meta.dirname, '../../../../catalog/tables')
const tables = loadTables((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))

const decode = (text: string) => {
  const decoded = decodeXid(text, tables)
  assert.ok(decoded, text)
  return decoded
}

test('all generations of the line are read', () => {
  const read = (line: string) => {
    const { text: _, ...rest } = readXidLine(line) ?? { text: '' }
    return rest
  }
  assert.deepEqual(read('NVRM: Xid (0000:03:00): 14, Channel 00000001'), { device: '0000:03:00', code: 14 })
  assert.deepEqual(read('NVRM: Xid (PCI:0000:06:00): 79, GPU has fallen off the bus.'), {
    device: '0000:06:00',
    code: 79,
  })
  assert.deepEqual(read('NVRM: Xid (PCI:0000:01:00): 62, pid=2763, 0c83(1870) 00000000'), {
    device: '0000:01:00',
    code: 62,
    pid: 2763,
  })
  assert.deepEqual(read("NVRM: Xid (PCI:000F:01:00): 119, pid='<unknown>', name=<unknown>, Timeout"), {
    device: '000f:01:00',
    code: 119,
  })
  assert.deepEqual(read('NVRM: Xid (PCI:0000:01:00 GPU-I:05 GPU-CI:00): 94, pid=7, name=KMS thread, Contained'), {
    device: '0000:01:00',
    instance: 'GPU instance 5, compute instance 0',
    code: 94,
    pid: 7,
    process: 'KMS thread',
  })
  assert.deepEqual(read('[ T1946] NVRM: Xid (PCI:0000:00:08.0): 46'), { device: '0000:00:08', code: 46 })
})

test('a comma in a process name costs the name, never the number', () => {
  const line = readXidLine('NVRM: Xid (PCI:0000:3b:00): 31, pid=9, name=a,b c, Ch 00000008')
  assert.deepEqual(line, { device: '0000:3b:00', code: 31, pid: 9, process: 'a', text: 'b c, Ch 00000008' })
})

test('what is no Xid line is left alone', () => {
  for (const text of [
    'NVRM: Xid',
    'NVRM: Xid: 31',
    'NVRM: Xid (PCI:0000:65:00)',
    'NVRM: Xid (PCI:0000:01:00): 154 (',
    'NVRM: Xid (PCI:0000:66:00): abc, pid=2280636',
    'NVRM: Xid (PCI:0000:66:00): 31x, pid=2280636',
    'NVRM: GPU at PCI:0000:9b:00: GPU-509665ad-b600-ac93-3616-d754b23d636d',
    'x NVRM: Xid (PCI:0000:66:00): 31, pid=2280636',
  ]) {
    assert.equal(decodeXid(text, tables), undefined, text)
  }
})

test('the message names number, meaning, GPU, process and what to do', () => {
  assert.equal(
    decode('NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus.').message,
    'Xid 79 (fell off bus) on GPU 0000:3b:00: GPU has fallen off the bus; process python (pid 1234); ' +
      'reboot the node; power-cycle it if the GPU stays away',
  )
})

test('Xid 154 is judged by the number of the new action, whatever its wording', () => {
  const severity = (to: string) =>
    decode(`NVRM: Xid (PCI:0000:01:00): 154, GPU recovery action changed from 0x4 (Drain and Reset) to ${to}`).severity
  assert.equal(severity('0x1 (PF FLR)'), 'fatal')
  assert.equal(severity('0x2 (OS Reboot)'), 'fatal')
  assert.equal(severity('0x3 (Drain P2P)'), 'fatal')
  assert.equal(severity('0x4 (Drain and Reset)'), 'fatal')
  assert.equal(severity('0x5 (Recover IMEX Domain)'), 'fatal')
  assert.equal(severity('0x9 (Something New)'), 'warning')
  const over = decode(
    'NVRM: Xid (PCI:0000:01:00): 154, GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)',
  )
  assert.deepEqual([over.severity, over.recovery, over.entry], ['info', true, 'NvidiaXidError'])
})

test('94 and 95 follow the flags that the driver adds', () => {
  const of = (code: number, flags: string) =>
    decode(`NVRM: Xid (PCI:0000:01:00): ${code}, Contained: SM (0x1). ${flags}`)
  assert.equal(of(94, 'RST: No, D-RST: No').severity, 'warning')
  assert.equal(of(94, 'RST: No, D-RST: Yes').severity, 'fatal')
  assert.equal(of(94, 'RST: Yes, D-RST: No').severity, 'fatal')
  assert.equal(of(95, 'RST: No, D-RST: No').severity, 'fatal')
  assert.match(of(95, 'RST: No, D-RST: Yes').message, /drain the node, then reset/)
})

test('registers of Xid 74 say where to look', () => {
  const text = 'NVLink: fatal error detected on link 14(0x0, 0x0, 0x40, 0x0, 0x0, 0x0, 0x0)'
  assert.match(decode(`NVRM: Xid (PCI:0003:00:00): 74, ${text}`).message, /link 14: hardware when it repeats/)
  assert.equal(decode('NVRM: Xid (PCI:0003:00:00): 74').severity, 'fatal')
})

test('a number that no table has is a warning and keeps its number', () => {
  const decoded = decode('NVRM: Xid (PCI:0000:05:00): 4711, brave new error')
  assert.deepEqual([decoded.severity, decoded.code, decoded.reason], ['warning', 4711, 'NvidiaXID4711Warning'])
})
