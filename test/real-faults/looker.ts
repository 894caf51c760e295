/**
 * Looks at this machine with the monitors that its arguments name, once for each line on standard input, and answers
 * with a line of JSON. A line that is a number lets that many milliseconds of the monitors' time pass. Runs in a network,
 * mount or process namespace that a test prepared.
 */
import { createInterface } from 'node:readline'
import { allMonitors } from '../../src/detect/assemble.ts'
import { systemChildren } from '../../src/detect/host/children.ts'
import { looker } from '../../src/detect/monitors/testing/look-at.ts'
import { systemClock } from '../../src/telemetry/clock.ts'

const names = process.argv.slice(2)
const children = systemChildren('/', systemClock)
const lookers = allMonitors.filter(({ name }) => names.includes(name)).map((spec) => looker(spec, '/', { children }))

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'look') {
    const seen = []
    for (const { look } of lookers) seen.push(await look())
    process.stdout.write(`${JSON.stringify(seen)}\n`)
  } else {
    for (const { clock } of lookers) await clock.advance(Number(line))
    process.stdout.write('{}\n')
  }
}
