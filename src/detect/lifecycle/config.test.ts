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
    })
  })

  it('may be empty', async () => {
    assert.equal((await parseConfig('c.yaml', '# nothing\n')).outcome, 'loaded')
  })

  it('is refused with the place of each mistake', async () => {
    const text = 'reasons:\n  SoftLockup:\n    severity: deadly\n  Other: {disable: true}\ncodes: []\n'
    const got = await parseConfig('c.yaml', text)
    assert.deepEqual(got, {
      outcome: 'refused',
      problems: [
        'c.yaml:3:15: reasons.SoftLockup.severity write one of info, warning, fatal',
        'c.yaml:4:20: reasons.Other.disable is unknown; known are severity, disabled',
        'c.yaml:5:8: codes must be a map',
      ],
    })
  })

  it('is refused when it is not YAML', async () => {
    const got = await parseConfig('c.yaml', 'reasons: {a: \n')
    assert.equal(got.outcome, 'refused')
  })
})
