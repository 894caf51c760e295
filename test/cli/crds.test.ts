import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { run } from '../../src/cli/run.ts'
import { definitions } from '../../src/drill/control/definitions.ts'
import { admissionWarnings } from '../../src/repair/policy/admission.ts'
import { checkGolden } from '../golden.ts'
import { testIo } from './io.ts'

test('crds prints every definition as one YAML document: what the API server reads back is what we install', async () => {
  const io = testIo()
  assert.equal(await run(['crds', '--no-warnings'], io), 0)
  checkGolden('crds.yaml', io.printed.out)
  const read = parseAllDocuments(io.printed.out).map((one) => one.toJS() as unknown)
  assert.deepEqual(read, JSON.parse(JSON.stringify(definitions())))
})

test('L9: crds prints the admission policy that warns after the definitions', async () => {
  const io = testIo()
  assert.equal(await run(['crds'], io), 0)
  const read = parseAllDocuments(io.printed.out).map((one) => one.toJS() as unknown)
  assert.deepEqual(read, JSON.parse(JSON.stringify([...definitions(), ...admissionWarnings()])))
  checkGolden('admission.yaml', io.printed.out.slice(io.printed.out.indexOf('apiVersion: admissionregistration')))
})
