/** A frame changes nothing about what a message means: every framing we know, around lines of every kind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byKernel, byProcess, type Framing, framings } from './framings.ts'
import { classify, matcher } from './read.ts'

/** Seven lines, one of each kind of rule: a decoder, anchored ones, and ones that match anywhere. */
const faults = [
  'NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python3, GPU has fallen off the bus.',
  'nvidia-nvswitch1: SXid (PCI:0000:84:00.0): 20034, Fatal, Link 30 LTSSM Fault Up',
  'NVRM: GPU 0000:0f:00.0: RmInitAdapter failed! (0x62:0x0:2477)',
  "mlx5_core 0000:5c:00.0: poll_health:800:(pid 0): device's health compromised - reached miss count",
  'nvme nvme0: I/O 29 QID 1 timeout, aborting',
  'EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0',
  'pcieport 0000:16:01.0: AER: Uncorrectable (Fatal) error message received from 0000:17:00.0',
]

const same = ({ rule, device, message }: { rule: string; device?: string; message: string }) => ({
  rule,
  device,
  message,
})

test('the seven lines mean something', () => {
  for (const fault of faults) assert.equal(matcher.matchText(fault).length, 1, fault)
  assert.ok(framings.length >= 90)
})

for (const framing of framings) {
  test(`framing: ${framing.name}`, () => {
    for (const fault of faults) {
      const found = classify(byKernel(framing, fault)).map(({ match }) => same(match))
      assert.deepEqual(found, matcher.matchText(fault).map(same), byKernel(framing, fault))
      const quoted = byProcess(framing, fault)
      assert.deepEqual(
        classify(quoted).map(({ match }) => match.reason),
        [],
        quoted,
      )
    }
  })
}

const container = ['docker json-file', 'CRI', 'kubectl logs --prefix', 'docker compose logs']

test('a message that a container prints without a frame of the kernel counts: the log of a forwarder looks like that', () => {
  for (const name of container) {
    const framing = framings.find((one) => one.name === name) as Framing
    const bare = { name, template: framing.template.replace('[12345.678901] ', '') }
    for (const fault of faults) {
      const found = classify(byKernel(bare, fault)).map(({ match }) => same(match))
      assert.deepEqual(found, matcher.matchText(fault).map(same), byKernel(bare, fault))
    }
  }
})
