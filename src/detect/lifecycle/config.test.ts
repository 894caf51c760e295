import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseConfig } from './config.ts'

describe('the config file', () => {
  it('overrides reasons and codes', async () => {
    const text =
      'reasons:\n  SoftLockup: {severity: fatal}\ncodes:\n  xid:\n    63: {severity: warning}\n    "31": {disabled: true}\n'
    assert.deepEqual(await parseConfig('c.yaml', text), {
      outcome: 'loaded',
      overrides: {
        reasons: { SoftLockup: { severity: 'fatal' } },
        codes: { xid: { '31': { disabled: true }, '63': { severity: 'warning' } } },
      },
      doubts: [],
    })
  })

  it('may be empty', async () => {
    assert.equal((await parseConfig('c.yaml', '# nothing\n')).outcome, 'loaded')
  })

  it('is refused with file, line and column of each mistake', async () => {
    const text = 'reasons:\n  SoftLockup:\n    severity: deadly\n  Other: {disable: true}\ncodes: []\n'
    const got = await parseConfig('c.yaml', text)
    assert.deepEqual(got, {
      outcome: 'refused',
      problems: [
        'c.yaml:3:15: reasons.SoftLockup.severity write one of info, warning, fatal',
        'c.yaml:4:20: reasons.Other.disable is unknown; known are severity, disabled, limit, clear, for',
        'c.yaml:5:8: codes must be a map',
      ],
    })
  })

  it('is refused when it names an unknown reason, and suggests the nearest one', async () => {
    const known = {
      measured: {},
      reasons: ['SoftLockup', 'NvidiaXidError'],
      families: ['sxid', 'xid'],
      hasCode: () => true,
    }
    const good = 'reasons: {SoftLockup: {disabled: true}, NvidiaXID79Error: {severity: warning}}\n'
    assert.equal((await parseConfig('c.yaml', good, known)).outcome, 'loaded')
    const text = 'reasons:\n  SoftLokup: {disabled: true}\n  nvidiaxid74error: {}\n  Unheard: {}\n'
    const unknown = 'is not a reason of the catalogue or a rule pack'
    assert.deepEqual(await parseConfig('c.yaml', text, known), {
      outcome: 'refused',
      problems: [
        `c.yaml:2:14: reasons.SoftLokup ${unknown}; did you mean SoftLockup?`,
        `c.yaml:3:21: reasons.nvidiaxid74error ${unknown}; did you mean NvidiaXID74Error?`,
        `c.yaml:4:12: reasons.Unheard ${unknown}; docs/reference/catalogue.md lists the reasons`,
      ],
    })
  })

  it('is refused when a code is no number or its family has no codes', async () => {
    const known = { measured: {}, reasons: [], families: ['habana', 'sxid', 'xid'], hasCode: () => true }
    const text = 'codes:\n  xid: {79x: {disabled: true}, 79: {}, -1: {}}\n  xids: {79: {}}\n  habana: {D5: {}}\n'
    assert.deepEqual(await parseConfig('c.yaml', text, known), {
      outcome: 'refused',
      problems: [
        'c.yaml:2:14: codes.xid.79x is not a number; write it as 79',
        'c.yaml:2:44: codes.xid.-1 is not a number; write it as 79',
        'c.yaml:3:9: codes.xids is not a family whose findings carry codes; did you mean xid?',
      ],
    })
  })

  it('is refused when a limit could never be reached', async () => {
    const known = {
      measured: { Full: 'percent', Many: 'count' },
      reasons: ['Full', 'Many'],
      families: [],
      hasCode: () => true,
    }
    const text = 'reasons:\n  Full: {limit: 900, clear: -1, for: 8d}\n  Many: {limit: 900}\n'
    assert.deepEqual(await parseConfig('c.yaml', text, known), {
      outcome: 'refused',
      problems: [
        'c.yaml:2:38: reasons.Full.for must be 7 days at most',
        'c.yaml:2:17: reasons.Full.limit is a percentage: write a number from 0 to 100',
        'c.yaml:2:29: reasons.Full.clear is a percentage: write a number from 0 to 100',
      ],
    })
  })

  it('is refused when it is not YAML', async () => {
    const got = await parseConfig('c.yaml', 'reasons: {a: \n')
    assert.equal(got.outcome, 'refused')
    assert.deepEqual(await parseConfig('c.yaml', 'reasons:\n\tSoftLockup: {}\n'), {
      outcome: 'refused',
      problems: ['c.yaml:2:1: this line is indented with a tab: indent with spaces'],
    })
  })
})

it('L17: aliases that multiply a small file into gigabytes are refused in one line', async () => {
  const levels = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`)
  const outcome = await parseConfig('c.yaml', `l0: &l0 [x, x]\n${levels.join('\n')}\n`)
  assert.deepEqual(outcome, {
    outcome: 'refused',
    problems: ['c.yaml: aliases (*name) repeat more than this file may hold: write the values out instead'],
  })

  it('is refused, and read in no time, however deep it nests and whatever is a key', async () => {
    for (const text of [
      '? '.repeat(1_000),
      '{a: '.repeat(1_900),
      `a: {x: ${'b: '.repeat(9_000)}`,
      '- '.repeat(20_000),
    ]) {
      const read = await parseConfig('config.yaml', text)
      assert.ok(read.outcome === 'refused')
      assert.match(read.problems[0] ?? '', /^config\.yaml/)
    }
  })
})
