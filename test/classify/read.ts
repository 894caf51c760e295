/** The shipped catalogue and what it says about a log, through the same code as `nodemend classify`. */
import { join } from 'node:path'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { LineClassifier, type LineMatch } from '../../src/cli/inspect/line-classifier.ts'
import { serviceMeaning } from '../../src/cli/inspect/service-lines.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'
import { meaningsOf } from '../../src/detect/sources/framing/meanings.ts'

const root = join(import.meta.dirname, '..', '..')
const catalogue = compileShipped(join(root, 'catalog'))
const matchers = compileMatchers(catalogue, decoders)
export const matcher = matchers.of('kmsg')
const meanings = meaningsOf(catalogue, matcher)
const services = serviceMeaning(catalogue, matchers)

/** Every meaning in `log`, in order. */
export function classify(log: string): readonly LineMatch[] {
  const classifier = new LineClassifier(meanings, { services })
  const lines = log.split('\n').flatMap((line) => classifier.take(line.replace(/\r+$/, '')))
  return [...lines, ...classifier.end()].flatMap(({ matches }) => matches)
}
