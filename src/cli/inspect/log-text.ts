/** A log that a person names, as chunks of text: `-` is standard input. What is no text is refused with what to write instead. */
import { createReadStream } from 'node:fs'
import type { Io } from '../io.ts'
import { refused, unreadable } from './unreadable.ts'

interface Form {
  readonly magic: readonly number[]
  readonly what: string
  /** The command that makes text of it; `FILE` stands for its name. */
  readonly remedy: string
}

const forms: readonly Form[] = [
  { magic: [0x1f, 0x8b], what: 'compressed with gzip', remedy: 'zcat FILE' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'compressed with xz', remedy: 'xzcat FILE' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed with zstd', remedy: 'zstdcat FILE' },
  { magic: [0x42, 0x5a, 0x68], what: 'compressed with bzip2', remedy: 'bzcat FILE' },
  { magic: [0xff, 0xfe], what: 'UTF-16', remedy: 'iconv -f utf-16 -t utf-8 FILE' },
  { magic: [0xfe, 0xff], what: 'UTF-16', remedy: 'iconv -f utf-16 -t utf-8 FILE' },
  { magic: [...Buffer.from('LPKSHHRH')], what: 'a journal of systemd', remedy: 'journalctl -k --file FILE' },
]
const byteOrderMark: readonly number[] = [0xef, 0xbb, 0xbf]

/**
 * Yields what `file` holds, until its end or until the command is interrupted; `onPause` is called before each wait for
 * more. Throws `NM_CLI_READ`.
 */
export async function* readLog(
  file: string,
  io: Pick<Io, 'stdin' | 'signal'>,
  onPause: () => void,
): AsyncGenerator<Uint8Array> {
  const chunks = (file === '-' ? io.stdin : createReadStream(file))[Symbol.asyncIterator]()
  const interrupted = new Promise<undefined>((resolve) => {
    io.signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  for (let first = true; !io.signal.aborted; first = false) {
    const next = await Promise.race([
      chunks.next().catch((error: unknown) => {
        throw unreadable(file, error, 'a log file')
      }),
      interrupted,
    ])
    if (!next || next.done) return
    const chunk: Uint8Array = next.value
    yield first ? textOf(chunk, file) : chunk
    onPause()
  }
}

function textOf(chunk: Uint8Array, file: string): Uint8Array {
  const form = forms.find(({ magic }) => beginsWith(chunk, magic))
  if (form) {
    const how = file === '-' ? form.remedy.replace(' FILE', '') : form.remedy.replace('FILE', file)
    throw refused(file, `it is ${form.what}; write: ${how} | nodemend classify -`)
  }
  return beginsWith(chunk, byteOrderMark) ? chunk.subarray(byteOrderMark.length) : chunk
}

function beginsWith(chunk: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => chunk[index] === byte)
}
