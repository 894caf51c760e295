import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { run } from '../../src/cli/run.ts'
import { testIo } from './io.ts'

const folder = mkdtempSync(join(tmpdir(), 'nodemend-rules-'))
after(() => rmSync(folder, { recursive: true }))

const good = `family: vendor
condition: KernelReady
reasons:
  - reason: VendorFanFailed
    severity: fatal
    summary: A fan of the chassis stopped.
    detect:
      - contains: "vendor-bmc"
        pattern: 'vendor-bmc: fan (?P<n>\\d+) failed'
        message: "fan {n} failed"
        matches: ["vendor-bmc: fan 3 failed"]
        ignores: ["vendor-bmc: fan 3 recovered"]
    runbook: Replace the fan; check the air flow in front of it.
`

async function rulesTest(text: string) {
  const file = join(folder, 'pack.yaml')
  writeFileSync(file, text)
  const io = testIo()
  const code = await run(['rules', 'test', file], io)
  return { code, out: io.printed.out.replaceAll(file, 'pack.yaml'), err: io.printed.err.replaceAll(file, 'pack.yaml') }
}

test('rules test: a good pack', async () => {
  assert.deepEqual(await rulesTest(good), { code: 0, out: '2 of 2 samples pass\n', err: '' })
})

test('rules test: a measured reason with an unknown monitor, value or part is named with its place', async () => {
  const pack = (probe: string) => `family: vendor
condition: KernelReady
reasons:
  - reason: VendorTableFull
    severity: warning
    summary: A table of the vendor is nearly full.
    probe: ${probe}
    runbook: Look at the table and raise its limit.
`
  const right = '{monitor: conntrack, value: used-percent, above: 80, message: "{value} % of {limit}"}'
  assert.deepEqual(await rulesTest(pack(right)), {
    code: 0,
    out: '0 of 0 samples pass; 1 measured reasons checked, 0 mistakes\n',
    err: '',
  })
  assert.match(
    (await rulesTest(pack(right.replace('limit}', 'limt}')))).out,
    /^pack\.yaml:7:\d+: message: \{limt\} is no part/,
  )
  assert.match((await rulesTest(pack(right.replace('conntrack', 'contrack')))).out, /write .*conntrack/)
  assert.match((await rulesTest(pack(right.replace('used-percent', 'used')))).out, /write used-percent, entries/)
})

test('rules test: a sample that does not hold is named with its place', async () => {
  const run = await rulesTest(good.replace('3 recovered', '3 failed'))
  assert.equal(run.code, 1)
  assert.match(run.out, /^pack\.yaml:12:19: this line must not match VendorFanFailed/)
})

test('rules test: broken YAML, unknown keys, bad patterns and taken names are named with place and remedy', async () => {
  const cases: readonly (readonly [change: (text: string) => string, expected: RegExp])[] = [
    [(text) => text.replace('severity: fatal', 'severity: [fatal'), /pack\.yaml:\d+:\d+: /],
    [(text) => text.replace('severity: fatal', 'severity: dire'), /pack\.yaml:5:15: reasons\.0\.severity: /],
    [(text) => text.replace('summary:', 'sumary:'), /pack\.yaml:\d+:\d+: reasons\.0/],
    [(text) => text.replace('(?P<n>', '(?=x)(?P<n>'), /pack\.yaml:9:18: .*RE2/],
    [(text) => text.replace('{n} failed', '{m} failed'), /pack\.yaml:10:18: .*\{m\} is not a named group.*it has: n/],
    [
      (text) => text.replace('message:', 'detachable: info\n        message:'),
      /pack\.yaml:10:21: .*detachable requires device/,
    ],
    [(text) => text.replace('VendorFanFailed', 'SoftLockup'), /pack\.yaml:4:13: reason SoftLockup already exists in/],
  ]
  for (const [change, expected] of cases) {
    const run = await rulesTest(change(good))
    assert.equal(run.code, 2, run.out)
    assert.match(run.err, expected)
  }
})

test('rules test: a file that is not there', async () => {
  const io = testIo()
  assert.equal(await run(['rules', 'test', '/nowhere.yaml'], io), 2)
  assert.match(
    io.printed.err,
    /cannot read \/nowhere\.yaml: no such file; it was looked for at \/nowhere\.yaml \(NM_CLI_READ\)/,
  )
})

test('rules test: a folder is refused with what to name instead', async () => {
  const io = testIo()
  assert.equal(await run(['rules', 'test', folder], io), 2)
  assert.equal(
    io.printed.err,
    `nodemend: cannot read ${folder}: it is a folder; name its files: ${folder}/*.yaml (NM_CLI_READ)\n`,
  )
})

test('rules test: a tab is named with its line and with what to write instead', async () => {
  for (const indent of ['\t  ', '    \t', '  \t']) {
    const run = await rulesTest(good.replace('    severity:', `${indent}severity:`))
    assert.equal(run.code, 2)
    assert.match(
      run.err,
      /pack\.yaml:5:\d+: this line is indented with a tab: indent with spaces/,
      JSON.stringify(indent),
    )
  }
})

test('rules test: what is no text is named as such', async () => {
  for (const text of ['\0\x01family', 'family: \ufffd\ufffd']) {
    const { code, err } = await rulesTest(text)
    assert.equal(code, 2)
    assert.match(err, /pack\.yaml:1:1: this is no text: give a rule pack in YAML, as UTF-8/)
  }
})

test('rules test: a file of the shipped catalogue runs in its place', async () => {
  const io = testIo()
  assert.equal(await run(['rules', 'test', join(import.meta.dirname, '..', '..', 'catalog', 'nvidia.yaml')], io), 0)
  assert.match(io.printed.out, /^(\d+) of \1 samples pass(; \d+ measured reasons checked, 0 mistakes)?\n$/)
})

test('L17: aliases that multiply a small file into gigabytes, and aliases of nothing, are one clear line', async () => {
  const levels = Array.from({ length: 9 }, (_, n) => `  l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`)
  const bomb = await rulesTest(
    `family: vendor\nbomb:\n  l0: &l0 [x, x]\n${levels.join('\n')}\n${good}`.replace(
      /\nfamily: vendor\ncond/,
      '\ncond',
    ),
  )
  assert.equal(bomb.code, 2)
  assert.match(bomb.err, /aliases \(\*name\) repeat more than this file may hold: write the values out/)
  assert.doesNotMatch(bomb.err, /unexpected|\n {4}at /)
  const missing = await rulesTest(good.replace('severity: fatal', 'severity: *grave'))
  assert.equal(missing.code, 2)
  assert.match(missing.err, /[Uu]nresolved alias.*grave/)
  assert.doesNotMatch(missing.err, /unexpected|\n {4}at /)
})

test('L17: brackets beyond the depth that the parser can follow are one clear line', async () => {
  const deep = await rulesTest(`family: ${'['.repeat(20_000)}`)
  assert.equal(deep.code, 2)
  assert.match(deep.err, /^nodemend: pack\.yaml:1:\d+: nested too deeply to be read \(NM_CATALOG_INVALID\)\n$/)
})
