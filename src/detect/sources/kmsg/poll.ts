/**
 * Waits for a descriptor with the stream handle below `net.Socket`, because `net.Socket` itself refuses devices,
 * although libuv accepts every descriptor that epoll accepts. A Node version without that handle polls by a timer.
 */
import { closeSync, readSync } from 'node:fs'
import type { Cancel, Clock } from '../../../telemetry/clock.ts'

/**
 * libuv's stream over a descriptor (`src/pipe_wrap.cc` and `src/stream_base.cc` of Node). Numbers are 0 or an errno.
 */
interface StreamHandle {
  open(descriptor: number): number
  readStart(): number
  readStop(): number
  /** Called after each read with its bytes, or without an argument when it failed. */
  onread: (bytes?: ArrayBuffer) => void
  /** Also closes the descriptor. */
  close(): void
}

interface Bindings {
  binding?(name: 'pipe_wrap'): { readonly Pipe?: new (type: number) => StreamHandle } | undefined
}

/** Any stream type works: the type only decides how pipes between processes carry handles. */
const plainStream = 0
/** Time between two timer polls. It keeps a line's delay below 50 ms and costs 25 wake-ups per second. */
export const askMs = 40
/** Longest record of the device, bytes. */
const recordBytes = 8_192

export interface Poll {
  readonly by: 'poll' | 'timer'
  /**
   * Waits until the descriptor is readable and returns the bytes of one read(2); `undefined` when that read failed,
   * after which this poll cannot be used again. One call at a time.
   */
  read(): Promise<Uint8Array | undefined>
  /** Closes the descriptor; a pending `read` never settles. */
  close(): void
}

/**
 * Takes over the descriptor, which must be open with `O_NONBLOCK`; the caller may read it between calls. Returns
 * undefined when this Node has no such handle or libuv refuses the descriptor.
 */
export function pollOn(descriptor: number): Poll | undefined {
  const handle = handleOn(descriptor)
  if (!handle) return undefined
  return {
    by: 'poll',
    read: () =>
      new Promise((resolve) => {
        handle.onread = (bytes) => {
          handle.readStop()
          resolve(bytes && new Uint8Array(bytes))
        }
        const errno = handle.readStart()
        if (errno !== 0) throw new Error(`cannot wait for descriptor ${descriptor}: errno ${-errno}`)
      }),
    close: () => handle.close(),
  }
}

function handleOn(descriptor: number): StreamHandle | undefined {
  try {
    const Pipe = (process as unknown as Bindings).binding?.('pipe_wrap')?.Pipe // not public, may be missing
    const handle = Pipe && new Pipe(plainStream)
    return handle?.open(descriptor) === 0 ? handle : undefined
  } catch {
    return undefined
  }
}

/** Like {@link pollOn}, with a timer. */
export function pollWith(clock: Clock, descriptor: number): Poll {
  let cancel: Cancel = () => undefined
  const buffer = Buffer.allocUnsafeSlow(recordBytes)
  const ask = (resolve: (bytes: Uint8Array | undefined) => void): void => {
    cancel = clock.after(askMs, () => {
      try {
        resolve(buffer.subarray(0, readSync(descriptor, buffer, 0, recordBytes, null)))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') ask(resolve)
        else resolve(undefined)
      }
    })
  }
  return {
    by: 'timer',
    read: () => new Promise(ask),
    close() {
      cancel()
      closeSync(descriptor)
    },
  }
}
