import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findAccelerators } from './accelerators.ts'
import { openHost } from './host.ts'

test('a vendor id that is no vendor id is no accelerator, whatever JavaScript knows by that name', () => {
  const damaged = { ...openHost('/nowhere'), list: () => ['0000:3b:00.0'], read: () => ({ text: 'constructor\n' }) }
  assert.deepEqual(findAccelerators(damaged), [])
})
