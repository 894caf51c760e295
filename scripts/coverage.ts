/**
 * `npm run coverage`: runs the tests of the monitors and of real faults one by one and records which reasons each raises.
 * Run it as root: real faults need it. Then `npm run docs`.
 */
import { writeFileSync } from 'node:fs'
import {
  type Fired,
  filesOf,
  firedText,
  type RecordedKind,
  recordFile,
  runAndRecord,
} from '../test/coverage/coverage.ts'

function record(kind: RecordedKind): readonly Fired[] {
  return filesOf(kind).flatMap((file) => runAndRecord([file]).map((reason) => ({ kind, reason, file })))
}

writeFileSync(recordFile, firedText([...record('unit'), ...record('real')]))
