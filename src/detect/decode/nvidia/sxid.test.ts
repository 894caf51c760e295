import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadTables } from '../../../catalog/tables.ts'
import { adviseIncident } from './incident.ts'
import { decodeSxid } from './sxid.ts'

const folder = join(import.meta.dirname, '../../../../catalog/tables')
const tables = loadTables((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))
const decode = (detail: string) => decodeSxid(`nvidia-nvswitch0: SXid (PCI:0000:C1:00.0): ${detail}`, tables)
const severity = (detail: string) => decode(detail)?.severity

test('the word in the line decides; the table tells harmless non-fatal ones apart', () => {
  assert.equal(severity('20034, Fatal, Link 62 LTSSM Fault Up'), 'fatal')
  assert.equal(severity('22013, Fatal, Link 57 Minion Link DLREQ interrupt'), 'fatal')
  assert.equal(severity('22013, Non-fatal, Link 57 Minion Link DLREQ interrupt'), 'info')
  assert.equal(severity('24007, Non-fatal, Link 28 sourcetrack timeout error (First)'), 'warning')
  assert.equal(severity('12028, Non-fatal'), 'warning')
  assert.equal(severity('20034, Correctable, Link 3 x'), 'info')
})

test('without a word the table decides, and for an unknown number the default', () => {
  assert.equal(severity('26006, SOE HALTED'), 'fatal')
  assert.equal(severity('10005, Thermal slowdown Disengaged'), 'info')
  assert.equal(severity('20123, Unknown error'), 'warning')
  assert.equal(severity('20009, Non-fatal, Li'), 'warning')
})

test('further lines of one event are records: they join its incident, and are all there is when its first line was lost', () => {
  assert.equal(severity('20034, Severity 1 Engine instance 62 Sub-engine instance 00'), 'info')
  assert.equal(severity('20034, Data {0x10000000, 0x10000000}'), 'info')
  assert.equal(decode('26006, SOE HALT data[0] = 0x1')?.entry, 'NvidiaSxidRecord')
  assert.equal(decode('12028, Data {0x000001c0, 0x00bd5c8a}')?.group, 'nvswitch')
  assert.equal(severity('26003, Failed to post command to SOE. Data {0x00000001}'), 'fatal')
})

test('where numbers moved between releases the text decides', () => {
  assert.equal(severity('28003, OSFP Thermal Overt Activated'), 'fatal')
  assert.equal(severity('28003, Non-fatal, Link 46 MC TS crumbstore single-bit threshold'), 'info')
  assert.equal(severity('28006, Non-fatal, Link 46 MC TS crumbstore MCTO (First)'), 'warning')
  assert.equal(severity('29003, Non-fatal, Link 46 Red TS crumbstore single-bit threshold'), 'info')
})

test('device and reason', () => {
  const decoded = decode('20034, Fatal, Link 62 LTSSM Fault Up')
  assert.equal(decoded?.device, '0000:c1:00.0')
  assert.equal(decoded?.reason, 'NvidiaSXID20034Error')
  assert.equal(decoded?.entry, 'NvidiaSxidError')
})

test('Xids of one incident together', () => {
  const name = (...codes: number[]) => adviseIncident(new Set(codes), tables)?.name
  assert.equal(name(171, 48, 94, 63, 45, 154), 'ecc-with-remap')
  assert.equal(name(48, 64), 'ecc-without-spare-row')
  assert.equal(name(172, 48, 154), 'ecc-in-sram')
  assert.equal(name(48), 'ecc-alone')
  assert.equal(name(79, 154, 45, 119), 'bus-loss')
  assert.equal(name(13, 43, 45), 'application-fault')
  assert.equal(name(45), 'cleanup-alone')
  assert.equal(name(43, 45, 62), undefined)
})
