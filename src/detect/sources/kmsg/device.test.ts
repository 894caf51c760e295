import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openKmsgDevice } from './device.ts'
import { emptyRecord } from './record.ts'

test('a device that ends at once is no kernel log, and says so instead of being read for ever', () => {
  const reader = openKmsgDevice('/dev/null')
  assert.throws(() => reader.next(emptyRecord()), /\/dev\/null ends: it is not the kernel log's device/)
  reader.close()
})
