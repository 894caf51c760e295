import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { run } from '../../src/cli/run.ts'
import { crds } from '../../src/repair/crds.ts'
import { checkGolden } from '../golden.ts'
import { testIo } from './io.ts'

test('crds prints every definition as one YAML document: what the API server reads back is what we install', async () => {
  const io = testIo()
  assert.equal(await run(['crds'], io), 0)
  checkGolden('crds.yaml', io.printed.out)
  const read = parseAllDocuments(io.printed.out).map((one) => one.toJS() as unknown)
  assert.deepEqual(read, JSON.parse(JSON.stringify(crds())))
})
