/** An {@link Io} for tests: everything a command prints is kept, nothing of the outside world is touched. */
import { join } from 'node:path'
import type { Io } from '../../src/cli/io.ts'
import { SteppedClock, seededRandom } from '../../src/telemetry/clock.ts'

export interface TestIo extends Io {
  readonly printed: { out: string; err: string }
}

/** A stepped clock, a seeded random, an 80-column terminal without colour, and `input` on standard input. */
export function testIo(input = '', over: Partial<Io> = {}): TestIo {
  const printed = { out: '', err: '' }
  return {
    printed,
    stdout: (text) => {
      printed.out += text
    },
    stderr: (text) => {
      printed.err += text
    },
    stdin: once(Buffer.from(input)),
    programFile: join(import.meta.dirname, '..', '..', 'bin', 'nodemend.cjs'),
    env: {},
    clock: new SteppedClock(),
    random: seededRandom(1),
    signal: new AbortController().signal,
    columns: 80,
    colour: false,
    ...over,
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
