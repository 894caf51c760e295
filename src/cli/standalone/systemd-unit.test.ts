import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { parseAgentFlags } from '../agent/flags.ts'
import { memoryMax, unitOf } from './systemd-unit.ts'

const root = join(import.meta.dirname, '..', '..', '..')

test('the unit has flags that the agent knows, and no mount name space of its own', () => {
  const unit = unitOf(['/usr/local/bin/nodemend'])
  const line = /^ExecStart=\/usr\/local\/bin\/nodemend agent (.*)$/m.exec(unit)?.[1] ?? ''
  const flags = parseAgentFlags(line.split(' '), {})
  assert.equal(flags['metrics-address'], '127.0.0.1:8080')
  assert.doesNotMatch(
    unit,
    /^(?:Protect|Private|ReadOnly|ReadWrite|Inaccessible|Temporary|Bind|RootDirectory|DynamicUser)/m,
  )
})

test('the unit limits memory as the chart does', () => {
  const values = parse(readFileSync(join(root, 'deploy/chart/values.yaml'), 'utf8')) as {
    readonly agent: { readonly resources: { readonly limits: { readonly memory: string } } }
  } // the chart's schema says so
  assert.equal(`${memoryMax}i`, values.agent.resources.limits.memory)
})

test('systemd finds no fault in the unit, whatever the path of the program', (t) => {
  if (spawnSync('systemd-analyze', ['--version']).error) return t.skip('there is no systemd-analyze (Debian: systemd)')
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-unit-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const program = join(folder, 'a $HOME 100 %n.sh')
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
  for (const [index, words] of [['/bin/true'], [program], ['/bin/true', '/a "$HOME" \\ %n']].entries()) {
    const file = join(folder, `nodemend-${index}.service`)
    writeFileSync(file, unitOf(words))
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    const ours = stderr.split('\n').filter((line) => line.includes(`nodemend-${index}`))
    assert.deepEqual([status, ours], [0, []], stderr)
  }
})

test('a path that systemd refuses is refused here, with the remedy', () => {
  assert.throws(() => unitOf(['/tmp/a "b"']), { code: 'NM_CLI_USAGE', message: /move \/tmp\/a "b"/ })
})
