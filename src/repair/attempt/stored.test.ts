/** Objects that an earlier version stored, and what that version sees of ours. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as z from 'zod'
import type { KubeObject } from '../../kube/api.ts'
import { phases } from '../../model/repair.ts'
import { parsePolicies } from '../policy/parse.ts'
import { type NodeRepairObject, readAttempt, specOf, statusOf } from './record.ts'

const folder = join(import.meta.dirname, '../../../fixtures/stored-objects/0.1.0')
const read = <T>(file: string): T => JSON.parse(readFileSync(join(folder, file), 'utf8')) as T // as recorded

describe('a NodeRepair of version 0.1.0', () => {
  test('is recorded in every phase', () => {
    const recorded = readdirSync(folder).filter((file) => file !== 'repairpolicy.json')
    assert.deepEqual(recorded.sort(), phases.map((phase) => `${phase.toLowerCase()}.json`).sort())
  })

  for (const phase of phases) {
    test(`${phase}: is read, and written again with everything that was in it`, () => {
      const object = read<NodeRepairObject>(`${phase.toLowerCase()}.json`)
      const attempt = readAttempt(object)
      assert.ok(attempt)
      assert.equal(attempt.phase, phase)
      assert.deepEqual(specOf(attempt), object.spec)
      const written: Record<string, unknown> = { ...statusOf(attempt) }
      const added = Object.keys(written).filter((key) => !(key in (object.status ?? {})))
      assert.deepEqual(
        added.filter((key) => !key.startsWith('successor')),
        [],
      )
      for (const key of added) delete written[key]
      assert.deepEqual(written, object.status)
    })
  }

  test('its replacement is the successor, and what is said counts from its dwelling on', () => {
    const attempt = readAttempt(read<KubeObject>('dwelling.json'))
    const dwelling = attempt?.phases.find((one) => one.phase === 'Dwelling')
    assert.equal(attempt?.successor?.since, dwelling?.at)
    assert.match(attempt?.successor?.name ?? '', /^pool-/)
  })
})

test('a RepairPolicy of version 0.1.0 is a ladder of one rung, which is tried three times as before', () => {
  const { policies, errors } = parsePolicies([read('repairpolicy.json')])
  assert.deepEqual(errors, [])
  assert.deepEqual(policies[0]?.ladder, [{ action: 'Replace', attempts: 3 }])
  assert.equal(policies[0]?.drain.gracePeriodSeconds, 7)
})

/** What version 0.1.0 reads of a status, as far as a downgrade in the middle of a repair depends on it. */
const old = z.object({
  plan: z.object({ action: z.enum(['NoAction', 'Replace']) }).optional(),
  replacementName: z.string().optional(),
  replacementUID: z.string().optional(),
})

describe('after a downgrade to 0.1.0', () => {
  test('a replacement goes on: its names are written as they were', () => {
    const attempt = readAttempt(read<KubeObject>('dwelling.json'))
    assert.ok(attempt)
    const seen = old.parse(statusOf(attempt))
    assert.deepEqual([seen.replacementName, seen.replacementUID], [attempt.successor?.name, attempt.successor?.uid])
  })

  test('a reboot cannot be read, so it is reported and left alone', () => {
    const attempt = readAttempt(read<KubeObject>('committing.json'))
    assert.ok(attempt?.plan)
    const status = statusOf({ ...attempt, plan: { ...attempt.plan, action: 'Reboot' } })
    assert.equal(old.safeParse(status).success, false)
  })
})
