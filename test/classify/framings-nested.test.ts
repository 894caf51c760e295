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

/** Nothing explains the words in front of a message here: a device that a pattern takes from them may hold some. */
const isUnknown = ({ name }: Framing): boolean => /^(?:an )?unknown/.test(name)

/** A name in front that the message itself might begin with: behind a frame of the kernel it is taken for the kernel's. */
const isLoose = (framing: Framing): boolean => peel(byKernel(framing, 'some words')).text !== 'some words'
/** A field without quotes, in which the first quotation of a message would be its whole value. */
const isUnquotedField = ({ template }: Framing): boolean => /\w=\{text\}/.test(template)
const saysKernel = (framing: Framing): boolean => peel(byKernel(framing, 'some words')).writer === 'kernel'

function said(found: readonly Match[], devices = true): string {
  return JSON.stringify(found.map(({ rule, device, severity }) => [rule, severity, devices ? device : '']))
}

function complaint(log: string, sample: string, devices: boolean): string[] {
  const got = said(
    classify(log).map(({ match }) => match),
    devices,
  )
  const want = said(matcher.matchText(sample), devices)
  return got === want ? [] : [`${log}: ${got}, not ${want}`]
}

test('every sample means the same in every framing, and nothing when a process says it', () => {
  const each = 10 // framings for each sample; all framings meet all files of the catalogue
  const wrong = samples.flatMap((sample, at) =>
    Array.from({ length: each }, (_, n) => framings[(at * each + n) % framings.length] as Framing).flatMap(
      (framing) => {
        const quoted = byProcess(framing, sample)
        return [
          ...complaint(byKernel(framing, sample), sample, !isUnknown(framing)),
          ...(classify(quoted).length > 0 ? [`means something: ${quoted}`] : []),
        ]
      },
    ),
  )
  assert.deepEqual(wrong, [])
})

/** The same ones each time: there are 30 million pairs around samples, and a few odd ones cut each other's quotes. */
const runs = { numRuns: 4000, seed: 20_261_124 }

const inner = framings.filter(({ template }) => !template.includes('\n'))
const sure = new Set(framings.filter((framing) => framing.template.includes('\n') || saysKernel(framing)))
const loose = new Set(inner.filter(isLoose))

test('a framing within a framing changes nothing either', () => {
  const nested = fc
    .record({
      outer: fc.constantFrom(...framings),
      within: fc.constantFrom(...inner),
      sample: fc.constantFrom(...samples),
    })
    .filter(({ outer, within }) => !isUnknown(outer) && !isUnknown(within) && !(sure.has(outer) && loose.has(within)))
    .filter(({ within, sample }) => !(sample.startsWith('"') && isUnquotedField(within)))
  fc.assert(
    fc.property(nested, ({ outer, within, sample }) => {
      assert.deepEqual(complaint(byKernel(outer, byKernel(within, sample)), sample, true), [])
    }),
    runs,
  )
})

test('a process that quotes the kernel means nothing, however deep', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...framings),
      fc.constantFrom(...inner),
      fc.constantFrom(...samples),
      (outer, within, sample) => {
        const log = byKernel(outer, byProcess(within, sample))
        assert.deepEqual(classify(log), [], log)
      },
    ),
    runs,
  )
})
