/** Framings in framings, around every line that the catalogue knows: a frame changes no meaning, and a process means nothing. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { peel } from '../../src/detect/sources/framing/peel.ts'
import type { Match } from '../../src/model/finding.ts'
import { byKernel, byProcess, type Framing, framings } from './framings.ts'
import { classify, matcher } from './read.ts'

const folder = join(import.meta.dirname, '..', '..', 'catalog')

interface Entry {
  readonly detect?: readonly { readonly matches?: readonly string[] }[]
}

/** Every sample of the catalogue, without the frame that some have. */
const samples = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .flatMap(
    (file) => (parse(readFileSync(join(folder, file), 'utf8')) as { readonly reasons: readonly Entry[] }).reasons,
  )
  .flatMap(({ detect = [] }) => detect.flatMap(({ matches = [] }) => matches))
  .map((sample) => peel(sample).text)

const said = (found: readonly Match[]) => found.map(({ rule, device, severity }) => ({ rule, device, severity }))

const oneLine = framings.filter(({ template }) => !template.includes('\n'))

test('every sample means the same in every framing, and nothing when a process says it', () => {
  const changed: string[] = []
  for (const framing of framings) {
    for (const sample of samples) {
      const log = byKernel(framing, sample)
      const want = said(matcher.matchText(sample))
      const got = said(classify(log).map(({ match }) => match))
      if (JSON.stringify(got) !== JSON.stringify(want))
        changed.push(`${framing.name}: ${log}: ${JSON.stringify(got)}, not ${JSON.stringify(want)}`)
      const quoted = classify(byProcess(framing, sample))
      if (quoted.length > 0)
        changed.push(`quoted in ${framing.name}: ${byProcess(framing, sample)}: ${quoted[0]?.match.reason}`)
    }
  }
  assert.deepEqual(changed, [])
})

test('a framing within a framing changes nothing either', () => {
  const within = (outer: Framing, inner: Framing, sample: string): string => byKernel(outer, byKernel(inner, sample))
  fc.assert(
    fc.property(
      fc.constantFrom(...framings),
      fc.constantFrom(...oneLine),
      fc.constantFrom(...samples),
      (outer, inner, sample) => {
        const log = within(outer, inner, sample)
        assert.deepEqual(
          said(classify(log).map(({ match }) => match)),
          said(matcher.matchText(sample)),
          `${outer.name} / ${inner.name}: ${log}`,
        )
        const quoted = byKernel(outer, byProcess(inner, sample))
        assert.deepEqual(
          said(classify(quoted).map(({ match }) => match)),
          [],
          `${outer.name} / ${inner.name}: ${quoted}`,
        )
      },
    ),
    { numRuns: 3000 },
  )
})
