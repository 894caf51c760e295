import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { OnNodeResult } from '../model/on-node/order.ts'
import { carryOut } from './carry-out.ts'
import { type Program, type ScriptedMachine, scriptedMachine } from './testing/scripted-machine.ts'

async function run(t: TestContext, program: Program): Promise<[OnNodeResult, ScriptedMachine]> {
  const machine = scriptedMachine(t, program, { 'proc/uptime': '12.5 3\n', 'var/lib/nodemend/state.json': '{}' })
  return [await keep(machine), machine]
}

function keep(machine: ScriptedMachine, name = 'worker-1-1'): Promise<OnNodeResult> {
  const task = { verb: 'collect', name } as const
  return carryOut(machine, { task, bootId: 'boot-1', notAfter: machine.clock.now() })
}

const textIn = ({ evidence }: ScriptedMachine): string =>
  gunzipSync(readFileSync(join(evidence, 'worker-1-1.txt.gz'))).toString('utf8')

test('what the machine says is in one archive; what cannot be had is named and stops nothing', async (t) => {
  const [result, machine] = await run(t, ([file, ...args]) => {
    if (file === 'journalctl') return args.includes('--dmesg') ? 'NVRM: Xid 79\n' : 'kubelet says\n'
    if (file === 'df') return [-1, 'did not answer within 15 s']
    return undefined
  })
  assert.equal(result.outcome, 'done', result.why)
  assert.match(
    result.why,
    /worker-1-1\.txt\.gz: 5 parts, \d+ bytes; without .*df -P --local \(.*did not answer within 15 s\)/,
  )
  const text = textIn(machine)
  assert.match(text, /^==> journalctl .*--dmesg --lines=5000\nNVRM: Xid 79$/m)
  assert.match(text, /^==> \/proc\/uptime\n12\.5 3$/m)
  assert.match(text, /^==> df -P --local\nnot there: .*did not answer/m)
})

test('a folder holds ten archives, and the oldest goes first', async (t) => {
  const machine = scriptedMachine(t, () => undefined)
  mkdirSync(machine.evidence)
  for (let number = 0; number < 14; number++) {
    const file = join(machine.evidence, `old-${number}.txt.gz`)
    writeFileSync(file, '')
    utimesSync(file, 1_000 + number, 1_000 + number)
  }
  writeFileSync(join(machine.evidence, 'notes.txt'), 'of a person')
  await keep(machine)
  const names = readdirSync(machine.evidence)
  assert.equal(names.filter((name) => name.endsWith('.txt.gz')).length, 10)
  assert.ok(names.includes('notes.txt') && names.includes('old-13.txt.gz') && !names.includes('old-4.txt.gz'))
})

test('a folder that cannot be written is a failure with its reason', async (t) => {
  const machine = scriptedMachine(t, () => undefined, { evidence: 'a file' })
  const { outcome, why } = await keep(machine)
  assert.equal(outcome, 'failed')
  assert.match(why, /could not be written/)
})
