/** Any file of a machine may be cut, empty or damaged: a look ends with a verdict or a reason, never with a defect of ours. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { allMonitors } from '../../src/detect/assemble.ts'
import { type FileRead, type Host, openHost } from '../../src/detect/host/host.ts'
import { looker } from '../../src/detect/monitors/testing/look-at.ts'

const hosts = join(import.meta.dirname, '..', '..', 'fixtures', 'hosts')
const probes = allMonitors.filter(({ values }) => values !== undefined)
/** Words of JavaScript's own exceptions. */
const defect = /is not a function|undefined|null|Cannot read|Invalid|not iterable|stack/i

type Damage = (text: string) => string
/** lookAt() takes a question mark for a part of a message that is missing. */
const plain = (text: string): string => text.replaceAll('?', ' ')

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }).map(
    (part): Damage =>
      (text) =>
        text.slice(0, Math.floor(part * text.length)),
  ),
  fc.string({ unit: 'binary', maxLength: 200 }).map(
    (other): Damage =>
      () =>
        plain(other),
  ),
  fc.tuple(fc.nat(), fc.string({ maxLength: 8 })).map(
    ([at, other]): Damage =>
      (text) =>
        `${text.slice(0, at % (text.length + 1))}${plain(other)}${text.slice((at % (text.length + 1)) + other.length)}`,
  ),
  fc.constantFrom('0', '-1', '99999999999999999999', 'NaN', '1e9').map(
    (number): Damage =>
      (text) =>
        text.replace(/\d+/g, number),
  ),
  fc.nat(9).map(
    (column): Damage =>
      (text) =>
        text
          .split('\n')
          .map((line) => line.split(/\s+/).toSpliced(column, 1).join(' '))
          .join('\n'),
  ),
)

describe('damaged files', () => {
  for (const name of readdirSync(hosts)) {
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(fc.func(fc.option(damage, { freq: 3 })), async (damageOf) => {
          const host = openHost(join(hosts, name))
          const read = (inside: string): FileRead => {
            const found = host.read(inside)
            return 'text' in found ? { text: damageOf(inside)?.(found.text) ?? found.text } : found
          }
          for (const spec of probes) await lookTwice(spec, { ...host, read })
        }),
        { numRuns: 100 },
      )
    })
  }
})

async function lookTwice(spec: (typeof probes)[number], host: Host): Promise<void> {
  const { look, clock } = looker(spec, host.root, { host })
  for (let n = 0; n < 2; n++) {
    const { state, why, gauges } = await look()
    assert.ok(state === 'checked' || (state === 'blind' && !defect.test(why ?? '')), `${spec.name}: ${state} ${why}`)
    assert.deepEqual(
      gauges.filter((line) => / (?:NaN|-)/.test(line)),
      [],
      spec.name,
    )
    await clock.advance(30_000)
  }
}
